/** Operations on arrays of decimal numbers: the float64 operation, then N digits, as `scalarsOf` has them. */
import { contextOf } from '../../arithmetic/softfloat.ts';
import { type Rounder, rounderOf } from '../../softfloat/fast-round.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import type { Numbers, OperationSpec } from '../../tensor/index.ts';
import { forEachOuter, type Overlay } from './broadcast.ts';
import type { Operation } from './wasm.ts';

/** Whether results at a site are decimal numbers; a stochastic rounding has its own way, and flushing begins with operands. */
export function isDecimal({ out, mode, subnormals }: OperationSpec): boolean {
  return out.kind === 'decimal' && mode !== 'stochastic' && subnormals === 'keep';
}

/** R(a ∘ b). */
export function decimalBinary(spec: OperationSpec, op: Operation, a: Numbers, b: Numbers, over: Overlay): Float64Array {
  const { outer, rows, row } = over;
  const round = rounderOf(contextOf(spec, spec.out));
  const result = new Float64Array(over.shape.reduce((size, n) => size * n, 1));
  let at = 0;
  forEachOuter(outer, (offsetA, offsetB) => {
    for (let r = 0; r < rows.length; r++, at += row.length) {
      const part = { to: result.subarray(at, at + row.length), a, i: offsetA + r * rows.a, b, j: offsetB + r * rows.b };
      if (op === 'add') addRow(part, row.a, row.b, round);
      else if (op === 'subtract') subtractRow(part, row.a, row.b, round);
      else if (op === 'multiply') multiplyRow(part, row.a, row.b, round);
      else divideRow(part, row.a, row.b, round);
    }
  });
  return result;
}

/** A row of the result, and where those of the operands begin. */
interface Part {
  readonly to: Float64Array;
  readonly a: Numbers;
  readonly i: number;
  readonly b: Numbers;
  readonly j: number;
}

// A loop each: an engine makes one loop over four operations several times as slow.
function addRow({ to, a, i, b, j }: Part, stepA: number, stepB: number, round: Rounder): void {
  for (let k = 0; k < to.length; k++) to[k] = round(a[i + k * stepA] + b[j + k * stepB]);
}
function subtractRow({ to, a, i, b, j }: Part, stepA: number, stepB: number, round: Rounder): void {
  for (let k = 0; k < to.length; k++) to[k] = round(a[i + k * stepA] - b[j + k * stepB]);
}
function multiplyRow({ to, a, i, b, j }: Part, stepA: number, stepB: number, round: Rounder): void {
  for (let k = 0; k < to.length; k++) to[k] = round(a[i + k * stepA] * b[j + k * stepB]);
}
function divideRow({ to, a, i, b, j }: Part, stepA: number, stepB: number, round: Rounder): void {
  for (let k = 0; k < to.length; k++) to[k] = round(a[i + k * stepA] / b[j + k * stepB]);
}

/** R(f(x)). */
export function decimalUnary(spec: OperationSpec, name: 'sqrt' | 'exp', x: Numbers): Float64Array {
  const f = scalarsOf(contextOf(spec, spec.out))[name];
  const result = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) result[i] = f(x[i]);
  return result;
}

/** Sums of rows of n numbers, in ascending order. */
export function decimalRowSums(spec: OperationSpec, x: Numbers, n: number): Float64Array {
  const round = rounderOf(contextOf(spec, spec.accumulate));
  const result = new Float64Array(x.length / n);
  for (let r = 0, i = 0; r < result.length; r++) {
    let s = round(x[i++]);
    for (let k = 1; k < n; k++) s = round(s + x[i++]);
    result[r] = s;
  }
  return result;
}
