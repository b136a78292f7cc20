import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { errorsOf, nonFiniteEntries, norm2, ratio } from '../../src/analysis/metrics.ts';
import { quantile, quantilesOf } from '../../src/analysis/quantiles.ts';
import { rowsOf } from '../../src/analysis/rows.ts';
import { KernelMemory } from '../../src/backends/cpu/wasm.ts';
import { batchOf } from '../../src/model/program/batch.ts';
import { nodeWorkers } from '../../src/platform/node-workers.ts';
import type { Numbers } from '../../src/tensor/index.ts';
import { generator } from '../softfloat/random.ts';

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
    const { rowErrors } = errorsOf({ difference: Float64Array.of(0.5, 0, 1) }, Float64Array.of(1, 0, -4), all);
    expect(rowErrors).toEqual([{ relLinf: 0.25, relComponentwise: 0.5, absLinf: 1, referenceNorm: Math.sqrt(17) }]);
    const beyond = errorsOf({ difference: Float64Array.of(0, 1, 0) }, Float64Array.of(1, 0, 1), all);
    expect(beyond.rowErrors[0].relComponentwise).toBe(Number.POSITIVE_INFINITY);
  });
  it('have a norm that neither overflows nor underflows', () => {
    expect(norm2(Float64Array.of(3e200, 4e200, 0), all)).toBeCloseTo(5e200, -187);
    expect(norm2(Float64Array.of(3e-200, 4e-200, 0), all) / 5e-200).toBeCloseTo(1, 14);
    expect(norm2(Float64Array.of(0, 0, 0), all)).toBe(0);
    expect(norm2(Float64Array.of(1, Number.NaN, 0), all)).toBeNaN();
    expect(norm2(Float64Array.of(1, Number.NEGATIVE_INFINITY, 0), all)).toBe(Number.POSITIVE_INFINITY);
  });
});

/** The definitions of result.ts, number by number. */
function defined(difference: Numbers, reference: Numbers, rows: readonly { start: number; end: number }[]) {
  const rowErrors = rows.map((row) => {
    let [absLinf, largest, relComponentwise] = [0, 0, 0];
    for (let i = row.start; i < row.end; i++) {
      absLinf = Math.max(absLinf, Math.abs(difference[i]));
      largest = Math.max(largest, Math.abs(reference[i]));
      relComponentwise = Math.max(relComponentwise, ratio(Math.abs(difference[i]), Math.abs(reference[i])));
    }
    return { relLinf: ratio(absLinf, largest), relComponentwise, absLinf, referenceNorm: norm2(reference, [row]) };
  });
  const referenceNorm = norm2(reference, rows);
  return {
    relFrobenius: ratio(norm2(difference, rows), referenceNorm),
    relLinf: quantilesOf(rowErrors.map(({ relLinf }) => relLinf)),
    relComponentwise: quantilesOf(rowErrors.map(({ relComponentwise }) => relComponentwise)),
    absLinf: quantilesOf(rowErrors.map(({ absLinf }) => absLinf)),
    referenceNorm,
    rowErrors,
  };
}

describe.each([1, 2, 3])('errorsOf on %i threads is what is defined', (threads) => {
  const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }) });
  afterAll(() => memory.pool()?.stop());
  const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, 1e-300, 5e-324];

  it.each([1, 2, 3, 8, 33, 700, 3000])('rows of about %i', (width) => {
    const next = generator(width);
    for (let trial = 0; trial < 12; trial++) {
      const rows: { start: number; end: number }[] = [];
      let at = 0;
      for (let r = 0; r < 1 + (next() % 200); r++) {
        // Rows with gaps between them, some of no numbers.
        const start = at + (next() % 3);
        at = start + (next() % 8 === 0 ? 0 : 1 + (next() % width));
        rows.push({ start, end: at });
      }
      const wild = [0, 100, 7][trial % 3];
      const number = (size: number) => () =>
        wild > 0 && next() % wild === 0 ? specials[next() % specials.length] : (next() / 2 ** 32 - 0.5) * size;
      const difference = Float64Array.from({ length: at }, number(2 ** -8));
      const reference = Float64Array.from({ length: at }, number(2 ** (next() % 9)));
      expect(errorsOf({ difference }, reference, rows, memory)).toEqual(defined(difference, reference, rows));
      // Some differences so small or so large that their squares are out of range, some zero.
      const size = [2 ** -8, 1, 2 ** 600, 2 ** -600][trial % 4];
      const computed = reference.map((x) => (trial % 5 === 4 ? x : x * size));
      const differences = computed.map((x, i) => x - reference[i]);
      expect(errorsOf({ computed }, reference, rows, memory)).toEqual(defined(differences, reference, rows));
      const single = Float32Array.from(computed);
      const ofSingle = reference.map((x, i) => single[i] - x);
      expect(errorsOf({ computed: single }, reference, rows, memory)).toEqual(defined(ofSingle, reference, rows));
    }
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
