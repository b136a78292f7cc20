/** What follows sums of products, in place: rounding to the output format, a bias, or the scale and the mask of scores. */
import { contextOf } from '../../arithmetic/softfloat.ts';
import { sameNumbers } from '../../formats/index.ts';
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Numbers, OperationSpec } from '../../tensor/index.ts';
import { binaryRows, type Rows } from './elementwise.ts';
import { roundInMemory } from './round-array.ts';
import type { Finish, RowMask } from './sums.ts';
import { Units } from './units.ts';
import type { KernelMemory, NumberSize } from './wasm.ts';

/** Numbers of the site's `out`. */
export interface Afterwards {
  /** One for each column. */
  readonly bias?: Numbers | undefined;
  /** Every sum is multiplied by it, and what the mask hides becomes −∞. */
  readonly scale?: number;
  readonly visible?: RowMask | undefined;
}

/** undefined where nothing is left to do. */
export function finishOf(
  memory: KernelMemory,
  spec: OperationSpec,
  size: NumberSize,
  columns: number,
  { bias, scale, visible }: Afterwards,
): Finish | undefined {
  const [accumulate, out] = [contextOf(spec, spec.accumulate), contextOf(spec, spec.out)];
  // Sums are numbers of `accumulate` already.
  const rounds = !sameNumbers(spec.accumulate, spec.out);
  if (!rounds && bias === undefined && scale === undefined && visible === undefined) return undefined;
  return (sums, rows, width, column, firstRow) =>
    memory.scope(() => {
      const all: Rows = { at: sums, stride: width, step: 1 };
      const apply = (op: 'add' | 'multiply', context: RoundingContext, b: Rows): void => {
        const unit = new Units(memory, context).of(op, context.format, spec.out);
        binaryRows(memory, unit, op, [rows, width], size, all, all, b);
      };
      const addBias = (context: RoundingContext): void => {
        if (bias === undefined) return;
        const padded = new Float64Array(width);
        padded.set(bias.subarray(column, Math.min(columns, column + width)));
        apply('add', context, { at: memory.copyIn(padded, size), stride: 0, step: 1 });
      };
      if (spec.bias === 'fused') addBias(accumulate);
      if (rounds) roundInMemory(memory, sums, rows * width, out);
      if (spec.bias === 'separate') addBias(out);
      if (scale !== undefined) apply('multiply', out, { at: memory.copyIn([scale], size), stride: 0, step: 0 });
      if (visible !== undefined) {
        const numbers = memory.numbers(sums, rows * width, size);
        for (let r = 0; r < rows; r++) {
          const [from, to] = visible(firstRow + r);
          const start = r * width;
          const within = (key: number): number => start + Math.min(width, Math.max(0, key - column));
          if (to <= from) {
            numbers.fill(Number.NEGATIVE_INFINITY, start, start + width);
          } else {
            numbers.fill(Number.NEGATIVE_INFINITY, start, within(from));
            numbers.fill(Number.NEGATIVE_INFINITY, within(to), start + width);
          }
        }
      }
    });
}
