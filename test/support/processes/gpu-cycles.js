/**
 * Opens a GPU, measures it, computes with it and closes it, again and again: `node gpu-cycles.js COUNT`. Prints the resident
 * memory in MiB after the first tenth, and the largest from then on.
 */

import { GpuBackend } from '../../../dist/backends/webgpu/backend.js';
import { nodeGpu } from '../../../dist/platform/node-gpu.js';
import { parseSpec } from '../../../dist/tensor/index.js';

const count = Number(process.argv[2]);
const spec = parseSpec('bf16');
let settled = 0;
let largest = 0;
for (let cycle = 1; cycle <= count; cycle++) {
  const backend = await GpuBackend.open(await nodeGpu());
  const A = backend.arithmetic('bf16', () => spec);
  const x = A.lift({ shape: [2, 64], data: new Float32Array(128).fill(1 + 2 ** -8) });
  const { data } = await A.lower(A.add('s', x, A.parameter('s', { shape: [64], data: new Float32Array(64).fill(1) })));
  if (data.some((number) => number !== 2)) throw new Error(`cycle ${cycle}: ${data}`);
  backend.close();
  const resident = process.memoryUsage().rss / 2 ** 20;
  if (cycle <= count / 10) settled = resident;
  else largest = Math.max(largest, resident);
}
console.log(JSON.stringify({ count, settled, largest }));
