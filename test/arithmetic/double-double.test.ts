import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DoubleDoubleArithmetic } from '../../src/arithmetic/double-double.ts';
import { ScalarArithmetic } from '../../src/arithmetic/scalar-arithmetic.ts';
import { type DD, ddAdd, twoProduct } from '../../src/softfloat/double-double.ts';

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.constantFrom(0, -0),
);
const dd = fc.tuple(number, number).map(([x, y]): DD => ddAdd(twoProduct(x, 1), twoProduct(y, 2 ** -53)));

function matrix(...shape: number[]) {
  const length = shape.reduce((a, b) => a * b);
  return fc.array(dd, { minLength: length, maxLength: length }).map((data) => ({ shape, data }));
}

/** The general way, one scalar at a time. */
const { matmul, linear } = ScalarArithmetic.prototype as ScalarArithmetic<DD>;

describe('double-double inner products', () => {
  const A = new DoubleDoubleArithmetic();
  it('of matrices have the bits of one scalar at a time', () => {
    fc.assert(
      fc.property(matrix(2, 4, 2, 5), matrix(2, 2, 5, 3), matrix(2, 2, 3, 5), (a, b, bt) => {
        for (const [right, transposed] of [
          [b, false],
          [bt, true],
        ] as const) {
          expect(A.matmul('', a, right, { transposed })).toEqual(matmul.call(A, '', a, right, { transposed }));
        }
      }),
      { seed: 21, numRuns: 200 },
    );
  });
  it('of layers too, wider than what is split at a time', () => {
    const weights = Float32Array.from({ length: 3 * 300 }, (_, i) => ((i * i) % 1009) / 504 - 1);
    const bias = { shape: [300], data: weights.slice(0, 300) };
    fc.assert(
      fc.property(matrix(1, 2, 3), (x) => {
        for (const layer of [
          { weight: { shape: [3, 300], data: weights }, layout: 'in-out', bias },
          { weight: { shape: [300, 3], data: weights }, layout: 'out-in' },
        ] as const) {
          expect(A.linear('', x, layer)).toEqual(linear.call(A, '', x, layer));
        }
      }),
      { seed: 22, numRuns: 20 },
    );
  });
});
