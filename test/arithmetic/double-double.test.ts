import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DoubleDoubleArithmetic } from '../../src/arithmetic/exact-references.ts';
import { ScalarArithmetic } from '../../src/arithmetic/scalar-arithmetic.ts';
import { type DD, ddAdd, twoProduct } from '../../src/softfloat/double-double.ts';

const scalarProducts = (
  ScalarArithmetic.prototype as unknown as { innerProducts: (...args: unknown[]) => { data: DD[] } }
).innerProducts;

describe('double-double inner products', () => {
  it('have the bits of one scalar at a time', () => {
    const A = new DoubleDoubleArithmetic();
    const number = fc.oneof(
      fc.double({ noNaN: true }),
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(0, -0),
    );
    const dd = fc.tuple(number, number).map(([x, y]): DD => ddAdd(twoProduct(x, 1), twoProduct(y, 2 ** -53)));
    const matrix = (rows: number, columns: number) =>
      fc
        .array(dd, { minLength: rows * columns, maxLength: rows * columns })
        .map((data) => ({ shape: [rows, columns], data }));
    fc.assert(
      fc.property(matrix(2, 5), matrix(5, 3), matrix(3, 5), (a, b, bt) => {
        for (const [right, transposed] of [
          [b, false],
          [bt, true],
        ] as const) {
          const fast = A.matmul('', a, right, { transposed });
          const slow = scalarProducts.call(A, '', a, right, { transposed });
          expect(Array.from({ length: 6 }, (_, i) => fast.data[i])).toEqual(slow.data);
        }
      }),
      { seed: 21, numRuns: 500 },
    );
  });
});
