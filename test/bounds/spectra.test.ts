/** Singular values at any size, each against a full decomposition of the explicit matrix. */
import fc from 'fast-check';
import { Matrix as DenseMatrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { causalScoresNorm } from '../../src/bounds/attention/causal-scores.ts';
import { queryKeySpectrum } from '../../src/bounds/attention/query-key.ts';
import type { Matrix } from '../../src/bounds/inputs.ts';
import { absolute, frobenius, timesTransposed, transposed } from '../../src/bounds/matrices.ts';
import { extremeSingularValues } from '../../src/bounds/spectra/extremes.ts';
import { triangularFactor } from '../../src/bounds/spectra/householder.ts';
import { largestEigenvalue } from '../../src/bounds/spectra/lanczos.ts';
import { absoluteProductNorm } from '../../src/bounds/spectra/nonnegative.ts';
import {
  productSingularValues,
  singularValues,
  spectralNorm,
  spectralNormOfRows,
} from '../../src/bounds/spectra/singular-values.ts';
import { Random } from '../../src/testing/random.ts';

/** Independent of the code under test: ml-matrix on the whole matrix. */
function fullDecomposition({ rows, columns, data }: Matrix): number[] {
  const dense = Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
  return new SingularValueDecomposition(new DenseMatrix(dense), { autoTranspose: true }).diagonal;
}

function gaussian(rows: number, columns: number, name: string): Matrix {
  const random = new Random(1, name, 0);
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, () => random.normal()) };
}

/** a·diag(factors). */
function withColumns(a: Matrix, factors: readonly number[]): Matrix {
  return { ...a, data: a.data.map((x, k) => x * factors[k % a.columns]) };
}

function gramOf(a: Matrix): Matrix {
  const wide = a.rows < a.columns ? a : transposed(a);
  return timesTransposed(wide, wide);
}

const rowsOf = ({ rows, columns, data }: Matrix) =>
  Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));

/** What two backward stable methods may differ by, of the largest: a small multiple of the size in roundings. */
const backward = (a: Matrix) => 4 * Math.max(a.rows, a.columns) * 2 ** -53;

const matrices = (rows: number, columns: number) =>
  fc
    .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
    .map((data): Matrix => ({ rows, columns, data: Float64Array.from(data, (x) => (Math.abs(x) < 1e-100 ? 0 : x)) }));

const shapes = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
  .chain(([rows, columns]) => matrices(rows, columns));

describe('the triangular factor', () => {
  it('has the Gram matrix of the taller orientation', () => {
    fc.assert(
      fc.property(shapes, (a) => {
        const factor = triangularFactor(a);
        const [made, wanted] = [timesTransposed(factor, factor).data, gramOf(a).data];
        const size = frobenius(a.data) ** 2;
        made.forEach((x, k) => {
          expect(Math.abs(x - wanted[k])).toBeLessThanOrEqual(2 ** -45 * size);
        });
        for (let i = 0; i < factor.rows; i++)
          for (let j = i + 1; j < factor.columns; j++) expect(factor.data[i * factor.columns + j]).toBe(0);
      }),
    );
  });
  it('has it where reflections are applied together, with a column of zeros and a repeated one too', () => {
    for (const [rows, columns] of [
      [150, 140],
      [131, 160],
    ]) {
      const a = gaussian(rows, columns, `panels ${rows}`);
      const n = Math.min(rows, columns);
      const at = (k: number) => (rows >= columns ? k % columns : Math.floor(k / columns));
      const step = rows >= columns ? 1 : columns;
      for (const data of [
        a.data,
        a.data.map((x, k) => (at(k) === 40 ? 0 : x)),
        a.data.map((x, k) => (at(k) === 71 ? a.data[k - step] : x)),
      ]) {
        const factor = triangularFactor({ ...a, data });
        expect(factor.rows).toBe(n);
        const [made, wanted] = [timesTransposed(factor, factor).data, gramOf({ ...a, data }).data];
        // Twice the backward error of the factor, and the sums of both Gram matrices; norms are those of Frobenius.
        const size = frobenius(data) ** 2;
        const allowed = (2 * Math.sqrt(n) * rows * columns + 2 * (rows + columns)) * 2 ** -53 * size;
        expect(frobenius(made.map((x, k) => x - wanted[k]))).toBeLessThanOrEqual(allowed);
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(factor.data[i * n + j]).toBe(0);
      }
    }
  });
});

describe('singular values', () => {
  it('are those of the full decomposition, tall, wide and square', () => {
    for (const [rows, columns] of [
      [60, 8],
      [8, 60],
      [20, 20],
      [21, 12],
      [1, 5],
    ]) {
      const a = gaussian(rows, columns, `all ${rows} ${columns}`);
      const [found, wanted] = [singularValues(a), fullDecomposition(a)];
      expect(found.length).toBe(Math.min(rows, columns));
      found.forEach((x, i) => {
        expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(backward(a) * wanted[0]);
      });
    }
  });
  it('know a small one beside a large one, where a Gram matrix would not', () => {
    // Orthogonal columns of known lengths.
    const a: Matrix = { rows: 4, columns: 2, data: Float64Array.of(1, 1e-12, 1, -1e-12, 1, 1e-12, 1, -1e-12) };
    const [large, small] = singularValues(a);
    expect(Math.abs(large - 2)).toBeLessThanOrEqual(backward(a) * 2);
    expect(Math.abs(small - 2e-12)).toBeLessThanOrEqual(backward(a) * 2);
  });
  it('of what is not finite are NaN', () => {
    expect(singularValues({ rows: 2, columns: 2, data: Float64Array.of(1, 2, Number.NaN, 1) })).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
  });
});

describe('σ_max of a matrix', () => {
  it('is that of the full decomposition, by a triangular factor where it is tall or wide', () => {
    for (const [rows, columns] of [
      [200, 60],
      [60, 200],
      [70, 70],
      [3, 1],
    ]) {
      const a = gaussian(rows, columns, `norm ${rows} ${columns}`);
      expect(Math.abs(spectralNorm(a) / fullDecomposition(a)[0] - 1)).toBeLessThanOrEqual(2 ** -21);
      const scaled = { ...a, data: a.data.map((x) => x * 2 ** 600) };
      expect(Math.abs(spectralNorm(scaled) / (2 ** 600 * spectralNorm(a)) - 1)).toBeLessThanOrEqual(2 ** -20);
      expect(spectralNorm({ ...a, data: a.data.map(() => 0) })).toBe(0);
      expect(spectralNorm({ ...a, data: a.data.map(() => Number.POSITIVE_INFINITY) })).toBeNaN();
    }
  });
});

describe('σ_max by the Lanczos process', () => {
  it('is that of the full decomposition, for ragged rows too', () => {
    for (const [rows, columns] of [
      [90, 70],
      [70, 90],
      [200, 64],
    ]) {
      const a = gaussian(rows, columns, `largest ${rows} ${columns}`);
      expect(Math.abs(spectralNormOfRows(rowsOf(a)) / fullDecomposition(a)[0] - 1)).toBeLessThanOrEqual(2 ** -21);
    }
    const square = gaussian(80, 80, 'ragged');
    const lower = { ...square, data: square.data.map((x, k) => (k % 80 > Math.floor(k / 80) ? 0 : x)) };
    const ragged = rowsOf(square).map((row, i) => row.subarray(0, i + 1));
    expect(Math.abs(spectralNormOfRows(ragged) / fullDecomposition(lower)[0] - 1)).toBeLessThanOrEqual(2 ** -21);
  });
  it('scales, and ends where there is nothing to find', () => {
    const a = gaussian(60, 60, 'scale');
    const at = (scale: number) => spectralNormOfRows(rowsOf({ ...a, data: a.data.map((x) => x * scale) })) / scale;
    for (const scale of [2 ** -600, 2 ** -300, 2 ** 300, 2 ** 600]) expect(at(scale)).toBe(at(1));
    expect(spectralNormOfRows(rowsOf({ ...a, data: a.data.map(() => 0) }))).toBe(0);
    expect(spectralNormOfRows(rowsOf({ ...a, data: a.data.map(() => Number.NaN) }))).toBeNaN();
    // Rank one: two steps exhaust it.
    const outer = { ...a, data: a.data.map((_, k) => (1 + (k % 60)) * (1 + Math.floor(k / 60))) };
    const length = frobenius(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(Math.abs(spectralNormOfRows(rowsOf(outer)) / length ** 2 - 1)).toBeLessThanOrEqual(2 ** -45);
  });
  it('finds an eigenvalue among many that are nearly as large', () => {
    const n = 150;
    const values = Float64Array.from({ length: n }, (_, i) => 1 - 1e-6 * i * i);
    const found = largestEigenvalue(n, (x, y) => {
      for (let i = 0; i < n; i++) y[i] = values[i] * x[i];
    });
    expect(Math.abs(found - 1)).toBeLessThanOrEqual(2 ** -20);
  });
});

describe('‖S‖₂ of causal scores', () => {
  it('is that of the full decomposition, with and without whole blocks', () => {
    for (const n of [300, 320]) {
      const [query, key] = [gaussian(n, 4, `q ${n}`), gaussian(n, 4, `k ${n}`)];
      const all = timesTransposed(query, key);
      const lower = { ...all, data: all.data.map((x, k) => (k % n > Math.floor(k / n) ? 0 : x / 2)) };
      const rows = rowsOf(lower).map((row, i) => row.subarray(0, i + 1));
      const found = causalScoresNorm(query, key, rows);
      expect(Math.abs(found / spectralNormOfRows(rows) - 1)).toBeLessThanOrEqual(2 ** -20);
      if (n === 300) expect(Math.abs(found / fullDecomposition(lower)[0] - 1)).toBeLessThanOrEqual(2 ** -21);
      expect(
        causalScoresNorm(
          query,
          key,
          rows.map((row) => row.map(() => 0)),
        ),
      ).toBe(0);
    }
  });
});

describe('σ_max and σ_min', () => {
  it('are those of the full decomposition', () => {
    for (const [rows, columns] of [
      [60, 90],
      [120, 40],
      [50, 50],
      [141, 200],
    ]) {
      const a = gaussian(rows, columns, `extremes ${rows} ${columns}`);
      const [found, wanted] = [extremeSingularValues(a, gramOf(a)), fullDecomposition(a)];
      expect(Math.abs(found.largest / wanted[0] - 1)).toBeLessThanOrEqual(2 ** -21);
      expect(Math.abs(found.smallest / (wanted.at(-1) as number) - 1)).toBeLessThanOrEqual(2 ** -14);
    }
  });
  it('are found beyond the accuracy of the Gram matrix', () => {
    // Columns shrink to 10^−11: the Gram matrix knows nothing below 10^−8.
    for (const [rows, columns] of [
      [80, 30],
      [150, 140],
    ]) {
      const a = withColumns(
        gaussian(rows, columns, 'graded'),
        Array.from({ length: columns }, (_, j) => 10 ** (-11 * (j / (columns - 1)))),
      );
      const [found, wanted] = [extremeSingularValues(a, gramOf(a)), fullDecomposition(a)];
      const least = wanted.at(-1) as number;
      expect(least).toBeLessThan(1e-9 * wanted[0]);
      expect(Math.abs(found.smallest - least)).toBeLessThanOrEqual(backward(a) * wanted[0]);
    }
  });
  it('of a singular matrix: the smallest is 0 to the rounding of the largest', () => {
    const a = gaussian(40, 20, 'singular');
    const twice = { ...a, data: a.data.map((x, k) => (k % 20 === 7 ? a.data[k - 3] : x)) };
    const { largest, smallest } = extremeSingularValues(twice, gramOf(twice));
    expect(smallest).toBeLessThanOrEqual(backward(a) * largest);
    const zero = { ...a, data: a.data.map(() => 0) };
    expect(extremeSingularValues(zero, gramOf(zero))).toEqual({ largest: 0, smallest: 0 });
    const part = { ...a, data: a.data.map((x, k) => (k % 20 === 7 ? 0 : x)) };
    expect(extremeSingularValues(part, gramOf(part)).smallest).toBe(0);
  });
});

describe('W_kᵀW_q', () => {
  it('has the singular values of the explicit D × D product, d of them', () => {
    for (const [d, D] of [
      [6, 40],
      [16, 32],
      [5, 5],
      [9, 4],
    ]) {
      const [key, query] = [gaussian(d, D, `key ${d} ${D}`), gaussian(d, D, `query ${d} ${D}`)];
      const wanted = fullDecomposition(timesTransposed(transposed(key), transposed(query)));
      const found = productSingularValues(key, query);
      expect(found.length).toBe(Math.min(d, D));
      found.forEach((x, i) => {
        expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(d * 2 ** -48 * wanted[0]);
      });
      for (const rest of wanted.slice(found.length)) expect(rest).toBeLessThanOrEqual(D * 2 ** -50 * wanted[0]);
    }
  });
  it('has the stable rank and the condition number of the explicit product', () => {
    const [key, query] = [gaussian(8, 24, 'k'), gaussian(8, 24, 'q')];
    const product = timesTransposed(transposed(key), transposed(query));
    const sigma = fullDecomposition(product);
    const found = queryKeySpectrum(key, query);
    expect(found.stableRank).toBeCloseTo((frobenius(product.data) / sigma[0]) ** 2, 11);
    expect(found.condition).toBeCloseTo(sigma[0] / sigma[7], 8);
    expect(found.stableRank).toBeGreaterThanOrEqual(1);
    expect(found.stableRank).toBeLessThanOrEqual(8);
    expect(found.largest).toBeLessThanOrEqual(found.absoluteHigh);
  });
});

describe('σ_max(|A|ᵀ|B|)', () => {
  it('lies between its bounds, which are near to each other', () => {
    fc.assert(
      fc.property(
        fc
          .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
          .chain(([d, D]) => fc.tuple(matrices(d, D), matrices(d, D))),
        ([a, b]) => {
          const { low, high } = absoluteProductNorm(a, b);
          const exact = fullDecomposition(timesTransposed(transposed(absolute(a)), transposed(absolute(b))))[0];
          // The decomposition's own error, of the factors' sizes.
          const uncertain = 2 ** -45 * frobenius(a.data) * frobenius(b.data);
          expect(low).toBeLessThanOrEqual(exact + uncertain);
          expect(high).toBeGreaterThanOrEqual(exact - uncertain);
        },
      ),
    );
    const [a, b] = [gaussian(16, 64, 'a'), gaussian(16, 64, 'b')];
    const { low, high } = absoluteProductNorm(a, b);
    expect(high / low - 1).toBeLessThanOrEqual(2 ** -39);
    expect(high / fullDecomposition(timesTransposed(transposed(absolute(a)), transposed(absolute(b))))[0]).toBeCloseTo(
      1,
      11,
    );
  });
  it('holds with rows of zeros, and of a product that is zero', () => {
    const a: Matrix = { rows: 2, columns: 2, data: Float64Array.of(0, 0, 3, 4) };
    const b: Matrix = { rows: 2, columns: 2, data: Float64Array.of(1, 1, 0, 2) };
    // Only the second rows meet: |(3, 4)||(0, 2)|.
    const { low, high } = absoluteProductNorm(a, b);
    expect(low).toBeLessThanOrEqual(10);
    expect(high).toBeGreaterThanOrEqual(10);
    expect(high / low - 1).toBeLessThanOrEqual(2 ** -39);
    const apart: Matrix = { rows: 2, columns: 2, data: Float64Array.of(1, 1, 0, 0) };
    expect(absoluteProductNorm(a, apart)).toEqual({ low: 0, high: 0 });
  });
});
