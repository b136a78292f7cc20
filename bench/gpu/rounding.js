/** Bytes a second, read and written, of rounding arrays of float32 numbers to a format; all bits against the CPU. */
import { modules } from '../build.js';
import { numbers } from './numbers.js';
import { deviceSeconds, largestIn } from './timing.js';

const POLICIES = ['bf16', 'fp16', 'e4m3', 'bf16; mode=stochastic'];
const COUNTS = [2 ** 16, 2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24, 2 ** 26];

export async function arrayRounding(context) {
  const { CpuArithmetic, parseSpec } = await modules('backends/cpu/cpu-arithmetic.js', 'tensor/policy.js');
  const { backend, budget, quick, progress } = context;
  const rows = [];
  for (const policy of POLICIES) {
    progress(`rounding of arrays, ${policy}`);
    const spec = parseSpec(policy);
    const measure = async (count) => {
      const data = numbers(count, 3);
      const shape = [count];
      // Adding +0 rounds, and changes nothing else but the sign of −0, of which there is none.
      const sum = (A) => A.add('s', A.lift({ shape, data }), A.lift({ shape: [1], data: Float32Array.of(0) }));
      const gpu = backend.arithmetic(policy, () => spec);
      const [x, zero] = [gpu.lift({ shape, data }), gpu.lift({ shape: [1], data: Float32Array.of(0) })];
      const seconds = await deviceSeconds(async () => {
        gpu.add('s', x, zero);
        await gpu.done();
      }, budget);
      const fresh = backend.arithmetic(policy, () => spec);
      const computed = (await fresh.lower(sum(fresh))).data;
      const expected = sum(new CpuArithmetic(policy, () => spec)).data;
      const bitsDiffer = computed.reduce((wrong, value, i) => wrong + (Object.is(value, expected[i]) ? 0 : 1), 0);
      return { seconds, gigabytesPerSecond: (8 * count) / seconds / 1e9, bitsDiffer };
    };
    const { size, ...figures } = await largestIn(quick ? COUNTS.slice(0, 2) : COUNTS, budget, (n) => n, measure);
    rows.push({ policy, numbers: size, ...figures });
  }
  return rows;
}
