/** Rounded operations a second of n³ products in each format and order, beside a plain loop over k of the same size; sampled rows against the CPU. */
import { modules } from '../build.js';
import { numbers } from './numbers.js';
import { plainLoop } from './plain-loop.js';
import { deviceSeconds, largestIn } from './timing.js';

const FORMATS = ['bf16', 'fp16', 'e4m3', 'tf32', 'fp32', 'bf16; product=exact, accumulate=fp32'];
const ORDERS = ['reversed', 'pairwise', 'blocked(32)', 'lanes(8)', 'splitk(4)', 'kahan'];
const MODES = ['nearest-away', 'toward-zero', 'up', 'odd'];
const FLUSHED = ['bf16; subnormals=flush', 'fp16; subnormals=flush'];
/** Not on float32 hardware. */
const INTEGERS = ['fp32; mode=toward-zero', 'bf16; mode=stochastic'];
const QUICK = [
  ...['bf16', 'fp16', 'fp32', 'bf16; order=pairwise', 'bf16; mode=toward-zero', 'bf16; mode=up'],
  'bf16; subnormals=flush',
];
const SIZES = [64, 128, 256, 512, 1024, 2048, 4096];
/** The sizes that are wanted. */
export const WANTED = [1024, 4096];
const SAMPLED_ROWS = 4;

async function product({ backend, budget }, policy, n) {
  const { CpuArithmetic, parseSpec } = await modules('backends/cpu/cpu-arithmetic.js', 'tensor/policy.js');
  const spec = parseSpec(policy);
  const gpu = backend.arithmetic(policy, () => spec);
  const cpu = new CpuArithmetic(policy, () => spec);
  const [a, b] = [numbers(n * n, 1), numbers(n * n, 2)];
  // As results of operations are: numbers of the format.
  const rounded = (A, data, shape) => A.parameter('m', { shape, data });
  const [x, y] = [rounded(gpu, a, [n, n]), rounded(gpu, b, [n, n])];
  const run = async () => {
    const result = gpu.matmul('m', x, y);
    await gpu.done();
    return result;
  };
  const seconds = await deviceSeconds(run, budget);
  return { seconds, gops: (2 * n ** 3) / seconds / 1e9, bitsDiffer: await differing() };

  /** How many numbers of some rows the CPU backend has otherwise; a stochastic rounding's words are those of the whole. */
  async function differing() {
    if (spec.mode === 'stochastic' && n > 256) return null;
    const fresh = backend.arithmetic(policy, () => spec);
    const computed = (await fresh.lower(fresh.matmul('m', rounded(fresh, a, [n, n]), rounded(fresh, b, [n, n])))).data;
    const step = spec.mode === 'stochastic' ? 1 : Math.max(1, Math.floor(n / SAMPLED_ROWS));
    const rows = Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
    const some = Float32Array.from(rows.flatMap((row) => [...a.subarray(row * n, (row + 1) * n)]));
    const expected = cpu.matmul('m', rounded(cpu, some, [rows.length, n]), rounded(cpu, b, [n, n])).data;
    let count = 0;
    rows.forEach((row, i) => {
      for (let j = 0; j < n; j++) if (!Object.is(computed[row * n + j], expected[i * n + j])) count++;
    });
    return count;
  }
}

export async function products(context) {
  const rows = [];
  const orders = ORDERS.map((order) => `bf16; order=${order}`);
  const modes = MODES.map((mode) => `bf16; mode=${mode}`);
  const all = [...FORMATS, ...orders, ...modes, ...FLUSHED, ...INTEGERS];
  const policies = context.quick ? QUICK : all;
  const sizes = context.quick ? SIZES.slice(0, 3) : SIZES;
  const plainLoops = new Map();
  const plainOf = async (n) => {
    if (!plainLoops.has(n)) plainLoops.set(n, (await plainLoop(context, n)).gops);
    return plainLoops.get(n);
  };
  for (const policy of policies) {
    context.progress(`products, ${policy}`);
    const found = new Map();
    const largest = await largestIn(
      sizes,
      context.budget,
      (n) => n ** 3,
      async (n) => {
        const result = await product(context, policy, n);
        found.set(n, result);
        return result;
      },
    );
    const wanted = WANTED.filter((n) => found.has(n));
    for (const n of wanted.includes(largest.size) ? wanted : [...wanted, largest.size]) {
      rows.push({ policy, n, ...found.get(n), plainGops: await plainOf(n) });
    }
  }
  return { rows };
}
