import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nonFiniteEntries, norm2, ratio, rowErrors } from '../../src/analysis/metrics.ts';
import { quantile, quantilesOf } from '../../src/analysis/quantiles.ts';
import { rowsOf } from '../../src/analysis/rows.ts';
import { batchOf } from '../../src/model/program/batch.ts';

describe('quantiles', () => {
  it('interpolate linearly between order statistics', () => {
    expect(quantilesOf([4, 1, 3, 2])).toMatchObject({ q25: 1.75, q50: 2.5, q75: 3.25, max: 4 });
    expect(quantilesOf([400, 100, 300, 200])).toMatchObject({ q01: 103, q99: 397 });
    expect(quantilesOf([7])).toEqual({ q01: 7, q25: 7, q50: 7, q75: 7, q99: 7, max: 7 });
  });
  it('put NaN above infinity', () => {
    expect(quantilesOf([Number.NaN, 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toMatchObject({
      q50: Number.POSITIVE_INFINITY,
      max: Number.NaN,
    });
    expect(quantile([1, Number.POSITIVE_INFINITY], 0.5)).toBe(Number.POSITIVE_INFINITY);
  });
  it('are order statistics where the position is whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 5, maxLength: 5 }),
        (values) => {
          const sorted = Float64Array.from(values).sort();
          expect(quantilesOf(values)).toMatchObject({ q25: sorted[1], q50: sorted[2], q75: sorted[3], max: sorted[4] });
        },
      ),
      { seed: 4 },
    );
  });
});

describe('metrics', () => {
  const all = [{ start: 0, end: 3 }];
  it('take 0/0 as 0 and x/0 as infinite', () => {
    expect(ratio(0, 0)).toBe(0);
    expect(ratio(1, 0)).toBe(Number.POSITIVE_INFINITY);
    const errors = rowErrors(Float64Array.of(0.5, 0, 1), Float64Array.of(1, 0, -4), all[0]);
    expect(errors).toEqual({ relLinf: 0.25, relComponentwise: 0.5, absLinf: 1, referenceNorm: Math.sqrt(17) });
    expect(rowErrors(Float64Array.of(0, 1, 0), Float64Array.of(1, 0, 1), all[0]).relComponentwise).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
  it('have a norm that neither overflows nor underflows', () => {
    expect(norm2(Float64Array.of(3e200, 4e200, 0), all)).toBeCloseTo(5e200, -187);
    expect(norm2(Float64Array.of(3e-200, 4e-200, 0), all) / 5e-200).toBeCloseTo(1, 14);
    expect(norm2(Float64Array.of(0, 0, 0), all)).toBe(0);
    expect(norm2(Float64Array.of(1, Number.NaN, 0), all)).toBeNaN();
    expect(norm2(Float64Array.of(1, Number.NEGATIVE_INFINITY, 0), all)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('rows', () => {
  const batch = batchOf([[1, 2, 3], [4]], { side: 'left', token: 0 });
  it('leave out padded tokens', () => {
    const rows = rowsOf('layers.0.query', [2, 2, 3, 4], batch);
    expect(rows.map(({ sequence, token }) => [sequence, token])).toEqual([
      ...[0, 1, 2, 0, 1, 2].map((token) => [0, token]),
      [1, 2],
      [1, 2],
    ]);
    expect(rows.at(-1)).toMatchObject({ index: [1, 1, 2], start: 44, end: 48 });
  });
  it('leave out masked keys of scores and probabilities', () => {
    const rows = rowsOf('layers.0.scores', [2, 1, 3, 3], batch);
    expect(rows.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [3, 5],
      [6, 9],
      [17, 18],
    ]);
  });
  it('find the first entry that is not finite', () => {
    const rows = rowsOf('embed', [2, 3, 2], batch);
    const data = Float64Array.from({ length: 12 }, () => 1);
    data[8] = Number.NaN;
    expect(nonFiniteEntries(data, rows)).toEqual({ count: 0 });
    data[11] = Number.POSITIVE_INFINITY;
    expect(nonFiniteEntries(data, rows)).toMatchObject({ count: 1, first: { at: 11, row: { sequence: 1, token: 2 } } });
  });
});
