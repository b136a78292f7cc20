/**
 * What the roundings of a sum, or of an inner product, can add to it, by the spec of its site: relative to the sum X of its
 * terms' magnitudes, and what underflow adds. The constants are those of theory/dot.md (D1, D2, dotKahan).
 */
import { depthOf } from '../../bounds/dot/depth.ts';
import { kahanGrowth } from '../../bounds/dot/kahan.ts';
import { grown, growthOfAnyOrder } from '../../bounds/dot/terms.ts';
import { type UnitRoundoff, unitRoundoff } from '../../bounds/unit-roundoff.ts';
import type { Format } from '../../formats/index.ts';
import type { OperationSpec } from '../../tensor/index.ts';
import { ordersOf } from '../../tensor/kernels.ts';
import { isPartOf } from './formats.ts';

/**
 * - rigorous: never exceeded, in the spec's order.
 * - declared: to first order, in the spec's order.
 * - any: to first order, in every order of additions, blocked or not, with fma or without.
 * - any-rigorous: never exceeded, in every such order; Kahan's only where the spec declares it.
 */
export type Growth = 'rigorous' | 'declared' | 'any' | 'any-rigorous';

/** |computed − exact| ≤ relative·X + absolute, if no number on the way is above `largest`. */
export interface SumRounding {
  readonly relative: number;
  readonly absolute: number;
  readonly largest: number;
}

export function roundoffOf({ mode, subnormals }: OperationSpec, format: Format): UnitRoundoff {
  return unitRoundoff({ format, mode, subnormals });
}

/** n numbers, added; `held`: they are numbers of `accumulate`, otherwise those that start a chain are rounded first. */
export function rowSumRounding(spec: OperationSpec, n: number, held: boolean, growth: Growth): SumRounding {
  const sum = roundoffOf(spec, spec.accumulate);
  // Without `held` any addition may see a number that is not of the format.
  const underflow = held ? (n - 1) * sum.etaSum : (2 * n - 1) * sum.eta;
  return chains(spec, n, held ? 0 : 1, { sum, underflow, growth });
}

/** x·y of n terms, numbers of `input`, up to the sum in `accumulate`. */
export function innerProductRounding(spec: OperationSpec, n: number, growth: Growth): SumRounding {
  const { accumulate, product, fma } = spec;
  if (fma || product === 'exact' || (isPartOf(product, accumulate) && isPartOf(accumulate, product))) {
    // dotKahan has rounded products only.
    if (spec.order.kind === 'kahan' && product === 'exact' && growth === 'rigorous') return unknown;
    const sum = roundoffOf(spec, accumulate);
    return chains(spec, n, 1, { sum, underflow: n * sum.eta + (n - 1) * sum.etaSum, growth });
  }
  const one = roundoffOf(spec, product);
  const sums = rowSumRounding(spec, n, isPartOf(product, accumulate), growth);
  return {
    relative: one.u + (1 + one.u) * sums.relative,
    absolute: n * one.eta * (1 + sums.relative) + sums.absolute,
    largest: Math.min(product.largest, accumulate.largest),
  };
}

const unknown: SumRounding = { relative: Number.POSITIVE_INFINITY, absolute: 0, largest: 0 };

interface Leaves {
  readonly sum: UnitRoundoff;
  /** A of theory/dot.md. */
  readonly underflow: number;
  readonly growth: Growth;
}

/** A sum of n terms whose leaves pass `more` roundings (0 or 1) before they are added. */
function chains(spec: OperationSpec, n: number, more: number, { sum, underflow, growth }: Leaves): SumRounding {
  const { order, accumulate } = spec;
  const { u, nearest } = sum;
  const { largest } = accumulate;
  // A decimal number is stored as a float64 beside it, which a chain's start may round again.
  const roundings = more + (accumulate.kind === 'decimal' ? 1 : 0);
  if (growth === 'any') {
    // Kahan's sum is one of the orders, too: five roundings of a step can flush.
    const relative = (depthOf('unknown', n).additions + roundings) * u;
    return { relative, absolute: 5 * underflow * (1 + relative), largest };
  }
  if (growth === 'any-rigorous') {
    const tree = growthOfAnyOrder(n - 1 + roundings, u, nearest);
    const compensates = ordersOf(spec).some(({ kind }) => kind === 'kahan');
    const compensated = compensates && n > 1 ? (kahanGrowth(n, u) ?? Number.POSITIVE_INFINITY) : 0;
    const relative = Math.max(tree, compensated);
    return { relative, absolute: 5 * underflow * (1 + relative), largest };
  }
  const depth = depthOf(order, n).additions + roundings;
  if (order.kind === 'kahan' && n > 1) {
    const relative = growth === 'declared' ? depth * u : (kahanGrowth(n, u) ?? Number.POSITIVE_INFINITY);
    return { relative, absolute: 5 * underflow * (relative + Math.max(1, relative / (4 * u))), largest };
  }
  const relative =
    growth === 'declared' ? depth * u : Math.min(grown(depth, u), growthOfAnyOrder(n - 1 + roundings, u, nearest));
  return { relative, absolute: underflow * (1 + relative), largest };
}
