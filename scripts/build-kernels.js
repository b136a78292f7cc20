#!/usr/bin/env node
/** Compiles src/backends/cpu/assembly to WebAssembly and embeds it, base64, in src/backends/cpu/kernels.generated.ts. */
import { writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { generatedFile, headOf, kernelsFolder, sourcesHash } from './kernel-sources.js';

const binaries = new Map();
const { error, stderr } = await asc.main(
  [
    'assembly/index.ts',
    ...['--baseDir', kernelsFolder, '--outFile', 'kernels.wasm'],
    ...['-O3', '--noAssert', '--enable', 'simd', '--enable', 'threads', '--runtime', 'stub', '--use', 'abort='],
    ...['--importMemory', '--sharedMemory'],
    ...['--initialMemory', '16', '--maximumMemory', '65536', '--memoryBase', '1024'],
  ],
  { writeFile: (name, contents) => void binaries.set(name, contents) },
);
if (error) {
  console.error(`${stderr}`);
  console.error(`build-kernels: expected assembly/index.ts to compile, got ${error.message}`);
  process.exit(1);
}
const wasm = Buffer.from(binaries.get('kernels.wasm'));
writeFileSync(generatedFile, `${headOf(sourcesHash())}export const KERNELS = '${wasm.toString('base64')}';\n`);
