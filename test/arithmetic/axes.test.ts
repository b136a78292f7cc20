import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastIndex, broadcastShapes, matmulShape, permuted } from '../../src/arithmetic/axes.ts';
import { InputError } from '../../src/formats/index.ts';

/** Index by coordinates, the obvious way. */
function coordinates(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = index;
  for (const n of [...shape].reverse()) {
    at.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return at;
}
function indexOf(at: readonly number[], shape: readonly number[]): number {
  return shape.reduce((index, n, axis) => index * n + at[axis], 0);
}
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

describe('axes', () => {
  it('broadcasts each axis of length 1', () => {
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.boolean()), fc.nat(3), (to, ones, dropped) => {
        const flags = [...ones.take(to.length)];
        const from = to.map((n, i) => (flags[i] ? 1 : n)).slice(Math.min(dropped, to.length - 1));
        const at = broadcastIndex(from, to);
        for (let i = 0; i < size(to); i++) {
          const source = coordinates(i, to)
            .slice(to.length - from.length)
            .map((c, axis) => (from[axis] === 1 ? 0 : c));
          expect(at(i)).toBe(indexOf(source, from));
        }
        expect(broadcastShapes(from, to)).toEqual(to);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
  it('broadcasts an axis of no entries', () => {
    expect(broadcastShapes([0, 3], [3])).toEqual([0, 3]);
    expect(broadcastShapes([1, 3], [0, 1])).toEqual([0, 3]);
  });
  it('permutes', () => {
    const { shape, source } = permuted([2, 3, 4, 5], [0, 2, 1, 3]);
    expect(shape).toEqual([2, 4, 3, 5]);
    for (let i = 0; i < 120; i++) {
      const [a, b, c, d] = coordinates(i, shape);
      expect(source(i)).toBe(indexOf([a, c, b, d], [2, 3, 4, 5]));
    }
  });
  it('maps query heads to key-value heads, across the batch', () => {
    const { shape, batchOfB } = matmulShape([2, 8, 5, 4], [2, 2, 7, 4], true);
    expect(shape).toEqual([2, 8, 5, 7]);
    expect(Array.from({ length: 16 }, (_, i) => batchOfB(i))).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
  });
  it('refuses shapes that do not fit', () => {
    expect(() => broadcastShapes([2, 3], [2])).toThrow(InputError);
    expect(() => matmulShape([2, 3], [2, 3], false)).toThrow(/expected shapes/);
    expect(() => matmulShape([3, 2, 2], [2, 2, 2], false)).toThrow(InputError);
    expect(() => matmulShape([2, 0], [0, 2], false)).toThrow(InputError);
  });
});
