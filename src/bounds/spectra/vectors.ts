/** Products of stretches of arrays: what all of the spectra's work is made of. */

/**
 * Σ a[i+k]·b[j+k] over k < n, in four sums side by side: no addition waits for the one before, and the order is the same on
 * every machine.
 */
export function innerProduct(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = i + n;
  const apart = j - i;
  let k = i;
  for (; k + 3 < end; k += 4) {
    const l = k + apart;
    s0 += a[k] * b[l];
    s1 += a[k + 1] * b[l + 1];
    s2 += a[k + 2] * b[l + 2];
    s3 += a[k + 3] * b[l + 3];
  }
  for (; k < end; k++) s0 += a[k] * b[k + apart];
  return s0 + s1 + (s2 + s3);
}

/** y[i+k] += factor·x[j+k] over k < n. */
export function addMultiple(y: Float64Array, i: number, x: Float64Array, j: number, n: number, factor: number): void {
  for (let k = 0; k < n; k++) y[i + k] += factor * x[j + k];
}

/** Rows that lie `stride` apart in an array, the first from `start` on. */
export interface Rows {
  readonly data: Float64Array;
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/**
 * y[i+r] += Σ_k row_r[k]·x[j+k], k < n: y += Ax. Four rows at a time, so that an entry of x is read once for the four (measured:
 * about three times as fast as an inner product for each row).
 */
export function addRowsTimes(
  y: Float64Array,
  i: number,
  { data, start, stride, count }: Rows,
  x: Float64Array,
  j: number,
  n: number,
): void {
  let r = 0;
  for (; r + 3 < count; r += 4) {
    const a = start + r * stride;
    const b = a + stride;
    const c = b + stride;
    const d = c + stride;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let k = 0; k < n; k++) {
      const entry = x[j + k];
      s0 += data[a + k] * entry;
      s1 += data[b + k] * entry;
      s2 += data[c + k] * entry;
      s3 += data[d + k] * entry;
    }
    y[i + r] += s0;
    y[i + r + 1] += s1;
    y[i + r + 2] += s2;
    y[i + r + 3] += s3;
  }
  for (; r < count; r++) y[i + r] += innerProduct(data, start + r * stride, x, j, n);
}

/** y[j+k] += factor·Σ_r x[i+r]·row_r[k], k < n: y += factor·Aᵀx, four rows at a time. */
export function addTimesRows(
  y: Float64Array,
  j: number,
  { data, start, stride, count }: Rows,
  x: Float64Array,
  i: number,
  n: number,
  factor = 1,
): void {
  let r = 0;
  for (; r + 3 < count; r += 4) {
    const a = start + r * stride;
    const b = a + stride;
    const c = b + stride;
    const d = c + stride;
    const f0 = factor * x[i + r];
    const f1 = factor * x[i + r + 1];
    const f2 = factor * x[i + r + 2];
    const f3 = factor * x[i + r + 3];
    for (let k = 0; k < n; k++) {
      y[j + k] += f0 * data[a + k] + f1 * data[b + k] + (f2 * data[c + k] + f3 * data[d + k]);
    }
  }
  for (; r < count; r++) addMultiple(y, j, data, start + r * stride, n, factor * x[i + r]);
}

/** row_r[k] += factors[r]·x[j+k], k < n: a multiple of x to each row, four rows at a time. */
export function addToRows(
  { data, start, stride, count }: Rows,
  x: Float64Array,
  j: number,
  n: number,
  factors: Float64Array,
): void {
  let r = 0;
  for (; r + 3 < count; r += 4) {
    const a = start + r * stride;
    const b = a + stride;
    const c = b + stride;
    const d = c + stride;
    const f0 = factors[r];
    const f1 = factors[r + 1];
    const f2 = factors[r + 2];
    const f3 = factors[r + 3];
    for (let k = 0; k < n; k++) {
      const entry = x[j + k];
      data[a + k] += f0 * entry;
      data[b + k] += f1 * entry;
      data[c + k] += f2 * entry;
      data[d + k] += f3 * entry;
    }
  }
  for (; r < count; r++) addMultiple(data, start + r * stride, x, j, n, factors[r]);
}
