/** Products of decimal numbers on the kernels, against the scalar interpreter, bit for bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatmulOptions } from '../../../src/arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { parseFormat, round } from '../../../src/formats/index.ts';
import { sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { causalMask, parsePolicy, type Tensor } from '../../../src/tensor/index.ts';

type Interpreter = SoftfloatArithmetic;

function expectSame(policy: string, compute: (A: Interpreter) => { readonly data: ArrayLike<number> }): void {
  const specOf = parsePolicy(policy).specFor;
  const [fast, slow] = [new CpuArithmetic('kernels', specOf), new SoftfloatArithmetic('scalars', specOf)].map(compute);
  expect(fast.data.length).toBe(slow.data.length);
  for (let i = 0; i < slow.data.length; i++) expect(Object.is(fast.data[i], slow.data[i]), `${i}`).toBe(true);
}

/** Numbers of up to N digits: near 1 (where sums meet in ties), in any decade, whole numbers, and special ones. */
const number = (N: number) =>
  fc
    .oneof(
      { weight: 6, arbitrary: fc.double({ min: -4, max: 4, noNaN: true }) },
      { weight: 3, arbitrary: fc.integer({ min: -9999, max: 9999 }).map((n) => n / 1000) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -160, max: 40 }))
          .map(([x, e]) => x * 10 ** e),
      },
      { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, -1, 1e-310, 1e300, -1e-290) },
    )
    .map((x) => round(x, parseFormat(`decimal:${N}`)));

const cases = fc
  .record({
    N: fc.constantFrom(1, 3, 8, 8, 15),
    m: fc.integer({ min: 1, max: 5 }),
    n: fc.integer({ min: 1, max: 9 }),
    k: fc.integer({ min: 1, max: 12 }),
    batches: fc.integer({ min: 1, max: 3 }),
    transposed: fc.boolean(),
  })
  .chain((c) => {
    const array = (size: number) => fc.array(number(c.N), { minLength: size, maxLength: size });
    return fc.record({
      c: fc.constant(c),
      a: array(c.batches * c.m * c.k),
      b: array(c.batches * c.k * c.n),
    });
  });

describe('decimal products', () => {
  it('have the bits of the scalar interpreter', () => {
    fc.assert(
      fc.property(cases, ({ c: { N, m, n, k, batches, transposed }, a, b }) => {
        const left: Tensor = { shape: [batches, m, k], data: Float64Array.from(a) };
        const right: Tensor = { shape: transposed ? [batches, n, k] : [batches, k, n], data: Float64Array.from(b) };
        const options: MatmulOptions = { transposed };
        expectSame(`decimal:${N}`, (A) => A.lower(A.matmul('x', A.lift(left), A.lift(right), options)));
      }),
      { numRuns: 400 },
    );
  });
  it('with infinities and NaN among the operands', () => {
    const a: Tensor = { shape: [2, 3], data: Float64Array.of(1, Number.POSITIVE_INFINITY, 2, 3, Number.NaN, 1e300) };
    const b: Tensor = { shape: [3, 2], data: Float64Array.of(1, 0, 1, -1, 1e300, 1) };
    expectSame('decimal:8', (A) => A.lower(A.matmul('x', A.lift(a), A.lift(b))));
  });
  it('masked, scaled, with weights and biases that are rounded first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 60, maxLength: 60 }),
        (numbers) => {
          const tensor = (shape: number[], from: number): Tensor => ({
            shape,
            data: Float64Array.from(numbers.slice(from, from + shape.reduce((x, y) => x * y, 1))),
          });
          const mask = causalMask([{ start: 1, end: 4 }], 4);
          const scale = { shape: [], reals: [sqrtOfRatio(1n, 5n)] };
          for (const bias of ['separate', 'fused']) {
            expectSame(`decimal:8; bias=${bias}`, (A) => {
              const x = A.parameter('x', tensor([1, 4, 5], 0));
              const y = A.linear('x', x, { weight: tensor([5, 5], 20), layout: 'out-in', bias: tensor([5], 45) });
              const heads = A.reshape(y, [1, 1, 4, 5]);
              const scores = A.scores('x', heads, heads, scale, mask);
              return A.lower(A.matmul('x', A.softmax('x', scores, mask), heads, { mask }));
            });
          }
        },
      ),
      { numRuns: 60 },
    );
  });
  it('of other orders, and with fma, go the scalar way', () => {
    const a: Tensor = { shape: [2, 5], data: Float64Array.from({ length: 10 }, (_, i) => Math.sin(i)) };
    for (const policy of [
      'decimal:4; order=pairwise',
      'decimal:4; fma=on',
      'decimal:4; mode=down',
      'decimal:4; out=fp32',
    ]) {
      expectSame(policy, (A) => A.lower(A.matmul('x', A.lift(a), A.lift(a), { transposed: true })));
    }
  });
});
