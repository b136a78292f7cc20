/** Random specs, shapes and numbers: the kernels have the bits of the scalar interpreter. ULPWISE_CASES for more cases. */
import { describe, it } from 'vitest';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { causalMask, parseSpec } from '../../../src/tensor/index.ts';
import { expectSame, kinds, numbers, words } from './numbers.ts';

const cases = Number(process.env.ULPWISE_CASES ?? 500);
const formats = [
  ...['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e3m2', 'e2m3', 'e2m1', 'e8m3', 'e6m5', 'e4m7', 'e8m10', 'e7m10'],
  ...['e8m1', 'e3m8', 'e5m15'],
];
const orders = [
  ...['sequential', 'reversed', 'pairwise', 'blocked(4)', 'blocked(16)', 'lanes(3)', 'lanes(8)', 'lanes(64)'],
  ...['splitk(3)', 'kahan'],
];

function checkCase(seed: number): void {
  const next = words(seed);
  for (let i = 0; i < 5; i++) next();
  const pick = <T>(xs: readonly T[]): T => xs[next() % xs.length];
  const sometimes = (n: number, item: () => string): string[] => (next() % n === 0 ? [item()] : []);
  const [format, order] = [pick(formats), pick(orders)];
  const items = [
    `order=${order}`,
    ...sometimes(2, () => `accumulate=${pick(formats)}`),
    ...sometimes(3, () => `product=${pick([...formats, 'exact', 'exact'])}`),
    ...sometimes(4, () => `input=${pick(formats)}`),
    ...sometimes(5, () => 'overflow=saturate'),
    ...sometimes(8, () => 'subnormals=flush'),
    ...sometimes(6, () => `mode=${pick(['nearest-away', 'toward-zero', 'down', 'up', 'odd'])}`),
    ...(order === 'pairwise' || order === 'kahan' ? [] : sometimes(6, () => 'fma=on')),
  ];
  const text = `${format}; ${items.join(', ')}`;
  const spec = parseSpec(text);
  const [fast, slow] = [new CpuArithmetic(text, () => spec), new SoftfloatArithmetic(text, () => spec)];
  const [left, right] = [pick(kinds), pick(kinds)];
  const scale = pick([spec.accumulate, spec.input, spec.out]);
  const value = (shape: readonly number[], kind: typeof left, extra: number) => ({
    shape,
    data: numbers(
      kind,
      seed + extra,
      shape.reduce((p, q) => p * q, 1),
      scale,
    ),
  });
  const n = pick([1, 5, 16, 17, 32]);
  const label = `${text}, seed ${seed}, ${left} and ${right}, ${n} columns`;
  if (next() % 4 === 0) {
    const tokens = 1 + (next() % 6);
    const mask = causalMask([{ start: next() % 2, end: 1 + (next() % tokens) }], tokens);
    const [x, y] = [value([1, 2, tokens, tokens], left, 0), value([1, 1, tokens, n], right, 5)];
    expectSame(`${label}, masked`, fast.matmul('m', x, y, { mask }), slow.matmul('m', x, y, { mask }));
    return;
  }
  const [m, k, transposed] = [1 + (next() % 4), 1 + (next() % 40), next() % 2 === 0];
  const [x, y] = [value([m, k], left, 0), value(transposed ? [n, k] : [k, n], right, 5)];
  expectSame(label, fast.matmul('m', x, y, { transposed }), slow.matmul('m', x, y, { transposed }));
  expectSame(`${label}: rowSum`, fast.rowSum('m', x), slow.rowSum('m', x));
  const z = value([m, k], right, 9);
  for (const op of ['add', 'subtract', 'multiply', 'divide'] as const) {
    expectSame(`${label}: ${op}`, fast[op]('m', x, z), slow[op]('m', x, z));
  }
  expectSame(`${label}: sqrt`, fast.sqrt('m', x), slow.sqrt('m', x));
}

describe('random specs', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i', { timeout: 60_000 + cases * 20 }, (part) => {
    for (let i = 0; i < cases; i++) checkCase(part * 1_000_003 + i);
  });
});
