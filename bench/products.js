/** Rounded operations of a 256³ matrix product: in low precisions, in float64 and in double-double. */
import { modules } from './build.js';
import { againstLimit } from './rates.js';

const N = 256;
const OPERATIONS = 2 * N ** 3;

/** The product's policy, and the figure of limit.c that it is compared with: e4m3, like fp16, has subnormals of its own. */
const products = {
  fp16: ['fp16', 'fp16'],
  bf16: ['bf16', 'bf16'],
  fp32: ['fp32', 'fp32'],
  e4m3: ['e4m3', 'fp16'],
  bf16xfp32: ['bf16; product=exact, accumulate=fp32', 'fp32'],
};

function matrices() {
  let x = 1;
  const next = () => {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    return x / 0x7fffffff - 0.5;
  };
  return [0, 0].map(() => ({ shape: [N, N], data: Float32Array.from({ length: N * N }, next) }));
}

/**
 * A product of two matrices of the policy's numbers, as results of operations are. Its operands and its result are only lent,
 * as the values of an analysis are: they lie in the kernels' memory, and the next product is written to the same array, as
 * limit.c's is.
 */
async function productIn(policy) {
  const { CpuArithmetic, parseSpec } = await modules('backends/cpu/cpu-arithmetic.js', 'tensor/policy.js');
  const spec = parseSpec(policy);
  const cpu = new CpuArithmetic(policy, () => spec);
  const zero = cpu.parameter('m', { shape: [1], data: Float32Array.of(0) });
  const [a, b] = cpu.lend(() => matrices().map((matrix) => cpu.add('m', matrix, zero)));
  return () => cpu.release([cpu.lend(() => cpu.matmul('m', a, b))], zero);
}

export async function matmul256(context) {
  const result = {};
  for (const [name, [policy, figure]] of Object.entries(products)) {
    context.progress(`matmul256 ${name}`);
    result[name] = againstLimit(await productIn(policy), OPERATIONS, figure, context);
  }
  return result;
}

export async function float64(context) {
  context.progress('float64');
  return againstLimit(await productIn('fp64'), OPERATIONS, 'gemm', context);
}

/** An operation is a multiplication or an addition of two double-double numbers. */
export async function doubleDouble(context) {
  context.progress('doubleDouble');
  const { reference } = await modules('analysis/operations.js');
  const operations = reference('double-double');
  const [a, b] = matrices();
  return againstLimit(() => operations.matmul(a, b), OPERATIONS, 'gemm', context);
}
