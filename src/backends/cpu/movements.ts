/** Movements of data without roundings, on plain loops over typed arrays. */
import { visible } from '../../arithmetic/scalar-arithmetic.ts';
import { type KeyMask, type Numbers, rowLength, sizeOf } from '../../tensor/index.ts';

function sameKind(data: Numbers, length: number): Numbers {
  return data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** Axis i of the result is axis axes[i] of the source. */
export function permute(
  data: Numbers,
  shape: readonly number[],
  axes: readonly number[],
): { shape: number[]; data: Numbers } {
  const result = axes.map((axis) => shape[axis]);
  const strides = axes.map((axis) => sizeOf(shape.slice(axis + 1)));
  const moved = sameKind(data, data.length);
  const rank = result.length;
  if (moved.length === 0 || rank === 0) {
    moved.set(data);
    return { shape: result, data: moved };
  }
  const [width, step] = [result[rank - 1], strides[rank - 1]];
  const counters = new Array<number>(rank).fill(0);
  let from = 0;
  for (let at = 0; at < moved.length; at += width) {
    if (step === 1 && width >= 16) moved.set(data.subarray(from, from + width), at);
    else for (let j = 0; j < width; j++) moved[at + j] = data[from + j * step];
    for (let i = rank - 2; i >= 0; i--) {
      from += strides[i];
      counters[i]++;
      if (counters[i] < result[i]) break;
      from -= strides[i] * result[i];
      counters[i] = 0;
    }
  }
  return { shape: result, data: moved };
}

/** Entries `from` to `to` of rows of `row`. */
export function slice(data: Numbers, row: number, from: number, to: number): Numbers {
  const width = to - from;
  const rows = row === 0 ? 0 : data.length / row;
  const result = sameKind(data, rows * width);
  for (let r = 0; r < rows; r++) result.set(data.subarray(r * row + from, r * row + to), r * width);
  return result;
}

/** Rows of `left` and of `right` numbers joined; the storage is a's. */
export function concat(a: Numbers, left: number, b: Numbers, right: number): Numbers {
  const rows = left > 0 ? a.length / left : b.length / right;
  const result = sameKind(a, rows * (left + right));
  for (let r = 0; r < rows; r++) {
    result.set(a.subarray(r * left, (r + 1) * left), r * (left + right));
    result.set(b.subarray(r * right, (r + 1) * right), r * (left + right) + left);
  }
  return result;
}

export function negate(data: Numbers): Numbers {
  const result = sameKind(data, data.length);
  for (let i = 0; i < data.length; i++) result[i] = Number.isNaN(data[i]) ? Number.NaN : -data[i];
  return result;
}

export function relu(data: Numbers): Numbers {
  const result = sameKind(data, data.length);
  for (let i = 0; i < data.length; i++) result[i] = data[i] > 0 ? data[i] : Number.isNaN(data[i]) ? Number.NaN : 0;
  return result;
}

/** The largest of the visible entries [from, to) after `start`; NaN if one is NaN, −∞ if there is none. */
export function maximum(data: ArrayLike<number>, start: number, from: number, to: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = start + from; j < start + to; j++) {
    const x = data[j];
    if (x > largest) largest = x;
    else if (Number.isNaN(x)) return Number.NaN;
  }
  return largest;
}

export function rowMax(data: Numbers, shape: readonly number[], mask: KeyMask | undefined): Numbers {
  const row = rowLength(shape);
  const rows = sizeOf(shape.slice(0, -1));
  const result = sameKind(data, rows);
  for (let r = 0; r < rows; r++) {
    const [from, to] = mask === undefined ? [0, row] : visible(mask, shape, r);
    result[r] = maximum(data, r * row, from, to);
  }
  return result;
}

/** The entries that the mask shows, `hidden` elsewhere. */
export function select(data: Numbers, shape: readonly number[], mask: KeyMask, hidden: number): Numbers {
  const row = rowLength(shape);
  const rows = sizeOf(shape.slice(0, -1));
  const result = sameKind(data, data.length);
  for (let r = 0, start = 0; r < rows; r++, start += row) {
    const [from, to] = visible(mask, shape, r);
    const [first, end] = to > from ? [start + from, start + to] : [start, start];
    result.fill(hidden, start, first);
    result.set(data.subarray(first, end), first);
    result.fill(hidden, end, start + row);
  }
  return result;
}
