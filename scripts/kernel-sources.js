/** What the kernels are compiled from, and whether the compiled ones are of it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const kernelsFolder = fileURLToPath(new URL('../src/backends/cpu/', import.meta.url));
export const generatedFile = join(kernelsFolder, 'kernels.generated.ts');

/** SHA-256 of every source and its name. */
export function sourcesHash() {
  const hash = createHash('sha256');
  const folder = join(kernelsFolder, 'assembly');
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/** Stale kernels compute, but not what their callers expect. */
export function kernelsAreCurrent() {
  return existsSync(generatedFile) && readFileSync(generatedFile, 'utf8').startsWith(headOf(sourcesHash()));
}

export function headOf(hash) {
  return `/** Made by scripts/build-kernels.js from assembly/, whose SHA-256 is ${hash}. */\n`;
}
