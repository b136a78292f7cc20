/** The weight matrices of a layer, with a row for each output, and the extremes of their spectra. */
import type { Matrix } from '../../bounds/inputs.ts';
import { type ExtremeSingularValues, extremeSingularValues } from '../../bounds/spectra/extremes.ts';
import { singularValues } from '../../bounds/spectra/singular-values.ts';
import type { Linear } from '../../model/decoder-source.ts';
import { kernelProduct } from './kernel-product.ts';

/** W of y = Wx + b: outputs × inputs, whichever way the checkpoint has it. */
export function weightMatrix({ weight, layout }: Linear): Matrix {
  const [rows, columns] = weight.shape;
  const stored: Matrix = { rows, columns, data: new Float64Array(weight.data) };
  return layout === 'out-in' ? stored : turned(stored);
}

/** The rows of head h. */
export function headRows({ columns, data }: Matrix, h: number, headWidth: number): Matrix {
  return { rows: headWidth, columns, data: data.subarray(h * headWidth * columns, (h + 1) * headWidth * columns) };
}

/** Side of the squares in which a matrix is transposed: a square's rows stay in the cache. */
const TILE = 16;

function turned({ rows, columns, data }: Matrix): Matrix {
  const result = new Float64Array(data.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let j = left; j < right; j++)
        for (let i = top; i < bottom; i++) result[j * rows + i] = data[i * columns + j];
    }
  }
  return { rows: columns, columns: rows, data: result };
}

/** Up to this side all singular values are found. */
const DECOMPOSED = 128;
/** Rows of the Gram matrix that are computed at a time: what is above the diagonal is mostly left out. */
const BLOCK = 128;

/** σ_max and σ_min; see extremeSingularValues for their accuracy, and singularValues where a side is at most 128. */
export function extremesOf(weight: Matrix): ExtremeSingularValues {
  if (Math.min(weight.rows, weight.columns) <= DECOMPOSED) {
    const sigma = singularValues(weight);
    return { largest: sigma[0], smallest: sigma[sigma.length - 1] };
  }
  const wide = weight.rows <= weight.columns ? weight : turned(weight);
  return extremeSingularValues(weight, lowerGram(wide), kernelProduct);
}

/** AAᵀ on and below the diagonal; 0 or more of it above. */
function lowerGram({ rows: n, columns: k, data }: Matrix): Matrix {
  const gram = new Float64Array(n * n);
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(n, from + BLOCK);
    const block = kernelProduct(
      { rows: to - from, columns: k, data: data.subarray(from * k, to * k) },
      { rows: to, columns: k, data: data.subarray(0, to * k) },
    ).data;
    for (let i = from; i < to; i++) gram.set(block.subarray((i - from) * to, (i - from + 1) * to), i * n);
  }
  return { rows: n, columns: n, data: gram };
}
