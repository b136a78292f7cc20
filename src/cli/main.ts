#!/usr/bin/env node
import { useWorkers } from '../backends/cpu/wasm.ts';
import { removeUnfinished } from '../platform/node-output.ts';
import { nodeWorkers } from '../platform/node-workers.ts';
import { processIo } from './io.ts';
import { runCli } from './program.ts';

// A reader that has seen enough (`ulpwise … | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    removeUnfinished();
    process.exit(code);
  });
}
useWorkers(nodeWorkers);
process.exitCode = await runCli(process.argv.slice(2), processIo);
