/** What follows the sums of a linear layer, in place: rounding to the output format and the bias. */
import { contextOf } from '../../arithmetic/softfloat.ts';
import { sameNumbers } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { VectorUnit } from './elementwise.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import type { Finish } from './sums.ts';
import type { KernelMemory } from './wasm.ts';

/** undefined where nothing is left to do. */
export function finishOf(
  memory: KernelMemory,
  spec: OperationSpec,
  features: number,
  bias: Float32Array | undefined,
): Finish | undefined {
  const [accumulate, out] = [contextOf(spec, spec.accumulate), contextOf(spec, spec.out)];
  // Sums are numbers of `accumulate` already.
  const rounds = !sameNumbers(spec.accumulate, spec.out);
  if (!rounds && bias === undefined) return undefined;
  return (sums, rows, width, column) =>
    memory.scope(() => {
      const all = { at: sums, stride: width, step: 1 } as const;
      const addBias = (context: typeof out): void => {
        if (bias === undefined) return;
        const padded = new Float32Array(width);
        padded.set(bias.subarray(column, Math.min(features, column + width)));
        const shift = { at: memory.copyIn(padded), stride: 0, step: 1 } as const;
        new VectorUnit(memory, context).binary('add', rows, width, all, all, shift);
      };
      const round = (): void => {
        if (rounds) memory.kernels.unary(0, wideConstants(memory, out as BinaryContext), rows * width, sums, sums);
      };
      if (spec.bias === 'fused') {
        addBias(accumulate);
        round();
      } else {
        round();
        addBias(out);
      }
    });
}
