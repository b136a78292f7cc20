/** Sums of products to first order: theory/interpreters.md, F2. */
import type { OperationSpec, Tensor } from '../../tensor/index.ts';
import type { Stored } from '../errors/ball.ts';
import { isHeld, isPartOf } from '../errors/formats.ts';
import { type Growth, innerProductRounding, roundoffOf } from '../errors/sum-rounding.ts';

/** The radii of a matmul's operand as the site rounds it: R_input adds to them where it changes anything. */
export function operandRadii(
  spec: OperationSpec,
  numbers: ArrayLike<number>,
  radius: Float64Array,
  stored: Stored | undefined,
): Float64Array {
  if (isHeld(stored, spec.input, spec)) return radius;
  const { u, eta } = roundoffOf(spec, spec.input);
  return radius.map((r, i) => (numbers[i] === 0 && r === 0 ? 0 : r + u * Math.abs(numbers[i]) + eta));
}

export interface ProductParts {
  readonly spec: OperationSpec;
  readonly growth: Growth;
  readonly n: number;
  /** The results, and Σ|x||y| of each. */
  readonly values: Tensor['data'];
  readonly sizes: ArrayLike<number>;
  /** What the operands' radii become; each may be missing. */
  readonly propagated: readonly (ArrayLike<number> | undefined)[];
  readonly bias?: { readonly values: ArrayLike<number>; readonly errors: Float64Array };
}

export function productBounds(parts: ProductParts): Float64Array {
  const { spec, growth, n, values, sizes, propagated, bias } = parts;
  // In any order the bias may be one of the terms.
  const { relative, absolute } = innerProductRounding(spec, bias !== undefined && growth === 'any' ? n + 1 : n, growth);
  const [out, accumulate] = [roundoffOf(spec, spec.out), roundoffOf(spec, spec.accumulate)];
  const kept = isPartOf(spec.accumulate, spec.out) && spec.subnormals === 'keep';
  const store = (v: number): number => (kept ? 0 : out.u * Math.abs(v) + out.eta);
  const width = bias?.values.length ?? 1;
  return Float64Array.from(values, (y, i) => {
    let bound = absolute + relative * sizes[i];
    for (const part of propagated) if (part !== undefined) bound += part[i];
    if (bias === undefined) return bound + store(y);
    const b = bias.values[i % width];
    bound += bias.errors[i % width];
    if (growth === 'any') return bound + relative * Math.abs(b) + accumulate.etaSum + store(y);
    // A fused bias may be no number of `accumulate`.
    return spec.bias === 'fused'
      ? bound + accumulate.u * Math.abs(y) + accumulate.eta + store(y)
      : bound + store(y - b) + out.u * Math.abs(y) + out.etaSum;
  });
}
