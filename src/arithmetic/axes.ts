/** Shapes and indices: broadcasting from the right, permutation of axes, the shape of a matmul. */
import { InputError } from '../formats/index.ts';
import { type ProductShape, sizeOf } from '../tensor/index.ts';
import type { Linear } from './arithmetic.ts';

/** @throws InputError where two axes differ and neither is 1. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new InputError(`shapes: expected axes that agree or are 1, got [${a}] and [${b}]`);
    }
    return m === 1 ? n : m;
  });
}

/** Where entry `index` of the broadcast shape stands in a tensor of shape `from`. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): (index: number) => number {
  const size = sizeOf(from);
  if (size === sizeOf(to)) return (index) => index;
  if (size === 1) return () => 0;
  const offset = to.length - from.length;
  // Trailing axes of `from` that equal those of `to` are one contiguous run.
  let axis = from.length;
  while (axis > 0 && from[axis - 1] === to[axis - 1 + offset]) axis--;
  const run = sizeOf(from.slice(axis));
  if (axis === 0 || sizeOf(from.slice(0, axis)) === 1) return (index) => index % run;
  const leading = from.slice(0, axis);
  return (index) => {
    let rest = Math.floor(index / run);
    let stride = run;
    let at = index % run;
    for (let i = leading.length - 1; i >= 0; i--) {
      const n = to[i + offset];
      if (leading[i] !== 1) at += (rest % n) * stride;
      stride *= leading[i];
      rest = Math.floor(rest / n);
    }
    return at;
  };
}

/** Axis i of the result is axis axes[i] of the source. */
export function permuted(
  shape: readonly number[],
  axes: readonly number[],
): { shape: readonly number[]; source: (index: number) => number } {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const result = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => strides[axis]);
  const source = (index: number): number => {
    let rest = index;
    let at = 0;
    for (let i = result.length - 1; i >= 0; i--) {
      at += (rest % result[i]) * steps[i];
      rest = Math.floor(rest / result[i]);
    }
    return at;
  };
  return { shape: result, source };
}

/** Rows, columns and terms of x [..., in] times a weight matrix. */
export function linearShape(x: readonly number[], { weight, layout }: Pick<Linear, 'weight' | 'layout'>): ProductShape {
  const [out, k] = layout === 'out-in' ? weight.shape : [weight.shape[1], weight.shape[0]];
  return { m: sizeOf(x.slice(0, -1)), n: out, k };
}

export interface MatmulShape {
  readonly shape: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Products of the leading axes of a and b. */
  readonly batches: number;
  /** Which matrix of b meets matrix `batch` of a. */
  readonly batchOfB: (batch: number) => number;
}

/** @throws InputError where the inner or leading axes do not fit. */
export function matmulShape(a: readonly number[], b: readonly number[], transposed: boolean): MatmulShape {
  const refuse = (): never => {
    const expected = transposed ? '[..., m, k] and [..., n, k]' : '[..., m, k] and [..., k, n]';
    throw new InputError(
      `matmul: expected shapes ${expected} with k ≥ 1 and leading axes that agree, got [${a}] and [${b}]`,
    );
  };
  if (a.length < 2 || b.length !== a.length) refuse();
  const [m, k] = a.slice(-2);
  const [inner, n] = transposed ? [b[b.length - 1], b[b.length - 2]] : b.slice(-2);
  if (inner !== k || k < 1) refuse();
  const [leadA, leadB] = [a.slice(0, -2), b.slice(0, -2)];
  const groups = leadA.length === 0 ? 1 : leadA[leadA.length - 1] / leadB[leadB.length - 1];
  if (!Number.isInteger(groups) || leadA.slice(0, -1).some((length, i) => length !== leadB[i])) refuse();
  return {
    shape: [...leadA, m, n],
    m,
    n,
    k,
    batches: sizeOf(leadA),
    // Heads of a are consecutive, `groups` of them to a head of b, so ⌊h·B/A⌋ is ⌊h/groups⌋ across the batch too.
    batchOfB: (batch) => Math.floor(batch / groups),
  };
}
