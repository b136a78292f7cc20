/** The built package, and its kernels on one thread or on all. `npm run build` first; ULPWISE_DIST names another build. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const dist = process.env.ULPWISE_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));

/** Imports modules of the build by their paths, such as `tensor/policy.js`. */
export async function modules(...paths) {
  const all = await Promise.all(paths.map((path) => import(pathToFileURL(join(dist, path)).href)));
  return Object.assign({}, ...all);
}

/** undefined, or what is wrong with the build. */
export function missingBuild() {
  return existsSync(join(dist, 'index.js')) ? undefined : `expected a build in ${dist}; run \`npm run build\``;
}

/** The kernels' memory of this process: its threads, and a way to do without the others. */
export async function kernelThreads() {
  const { kernelMemory, useWorkers, nodeWorkers } = await modules('backends/cpu/wasm.js', 'platform/node-workers.js');
  useWorkers(nodeWorkers);
  const memory = kernelMemory();
  const pool = memory.pool.bind(memory);
  let alone = false;
  memory.pool = () => (alone ? undefined : pool());
  return {
    count: pool()?.threads ?? 1,
    /** `run` on the calling thread alone. */
    alone: (run) => () => {
      alone = true;
      try {
        return run();
      } finally {
        alone = false;
      }
    },
  };
}
