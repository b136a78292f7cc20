/**
 * Rounding of an array into another one that is there, and what a rounding function called for each number or each
 * operation reaches: `f16round` of @petamoriken/float16.
 */
import { f16round } from '@petamoriken/float16';
import { modules } from './build.js';
import { ratesOf, rounded } from './rates.js';
import { cpuSeconds, median, repeatsOf, timed } from './timing.js';

/** From float32 numbers to nearest even, where the name says nothing else. */
const cases = {
  ...{ fp16: {}, bf16: {}, tf32: {}, e5m2: {}, e4m3: {}, e2m1: {} },
  'fp16 up': { format: 'fp16', mode: 'up' },
  'fp32 of float64': { format: 'fp32', source: Float64Array },
};

/** Of the matrices that are multiplied operation by operation. */
const SIDE = 64;

/** A product of two matrices with every multiplication and addition rounded by `f16round`. */
function productPerOperation(a, b, c) {
  for (let i = 0; i < SIDE; i++) {
    for (let j = 0; j < SIDE; j++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum = f16round(sum + f16round(a[i * SIDE + k] * b[k * SIDE + j]));
      c[i * SIDE + j] = sum;
    }
  }
}

function roundPerNumber(values, out) {
  for (let i = 0; i < values.length; i++) out[i] = f16round(values[i]);
}

function rateOf(run, operations, runs) {
  const repeat = repeatsOf(run);
  return operations / median(Array.from({ length: runs }, () => timed(run, cpuSeconds, repeat))) / 1e9;
}

export async function roundArray(context) {
  const { roundArray: round, formats } = await modules('backends/cpu/round-array.js', 'formats/index.js');
  const { size, runs, threads } = context;
  let x = 1;
  const numbers = Float32Array.from({ length: size }, () => {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    return (x / 0x7fffffff - 0.5) * 4;
  });
  const out = new Float32Array(size);
  context.progress('roundArray float16');
  const [a, b, c] = [0, 1, 2].map(() => new Float32Array(SIDE * SIDE).map((_, i) => numbers[i % size]));
  const perNumber = rateOf(() => roundPerNumber(numbers, out), size, runs);
  const perOperation = rateOf(() => productPerOperation(a, b, c), 2 * SIDE ** 3, runs);
  const result = {};
  for (const [name, { format = name, mode = 'nearest-even', source = Float32Array }] of Object.entries(cases)) {
    context.progress(`roundArray ${name}`);
    const values = source.from(numbers);
    const run = () => round(values, formats[format], { mode, out });
    const { gops, gopsAllCores } = ratesOf(run, size, { threads, runs });
    const ratio = rounded(gops / perNumber);
    result[name] = { gops: rounded(gops), gopsAllCores: rounded(gopsAllCores), ratio };
  }
  return { ...result, float16: { gops: rounded(perNumber), matmulGops: rounded(perOperation) } };
}
