/** The ways of summing a product that recorded numbers are held against. */
import { type Format, formats } from '../../formats/index.ts';
import { allowsFma, type OperationSpec, type Order, orderText, uniformSpec } from '../../tensor/index.ts';
import { planOf } from '../../tensor/order.ts';

/** `first`: the bias is the sum's first term, which no policy has. */
export type BiasPlace = OperationSpec['bias'] | 'first';

export interface Candidate {
  readonly spec: OperationSpec;
  /** Undefined where there is no bias. */
  readonly bias: BiasPlace | undefined;
}

const SIZES = [2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 320, 384, 512, 768, 1024];
const LANES = [2, 4, 8, 16, 32, 64, 128];

/** Orders that sum n terms differently, the plainest of each: with few terms many are one. */
export function differentOrders(n: number): Order[] {
  const all: Order[] = [
    ...(['sequential', 'reversed', 'pairwise', 'kahan'] as const).map((kind): Order => ({ kind })),
    ...LANES.map((lanes): Order => ({ kind: 'lanes', lanes })),
    ...SIZES.map((block): Order => ({ kind: 'blocked', block })),
    ...SIZES.map((chunks): Order => ({ kind: 'splitk', chunks })),
  ];
  const seen = new Set<string>();
  return all.filter((order) => {
    // A compensation does something from the third term on.
    const compensated = order.kind === 'kahan' && n > 2;
    const key = `${compensated} ${JSON.stringify(canonicalPlan(order, n))}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

/** Two or three chains are combined the same either way; chains of one term, added one after the other, are one chain. */
function canonicalPlan(order: Order, n: number): unknown {
  const { chains, combine } = planOf(order, n);
  const together = chains.length <= 3 ? 'sequential' : combine;
  const single = together === 'sequential' && chains.length === n && chains.every(({ first }, k) => first === k);
  const shown = single ? [{ first: 0, step: 1, count: n }] : chains;
  return { together, chains: shown.map(({ first, step, count }) => [first, count > 1 ? step : 1, count]) };
}

/**
 * Every candidate for a product with n terms whose result is of `out`: its orders, with and without fma, accumulated in
 * float32 (products of narrower numbers are exact there), in `out` itself, and in float64; the bias behind the sum, with a
 * rounding of its own or without, and before it.
 */
export function candidates(n: number, out: Format, hasBias: boolean): Candidate[] {
  const accumulators = [...new Set([...(out.u > formats.fp32.u ? [formats.fp32] : []), out, formats.fp64])];
  return accumulators.flatMap((accumulate) =>
    differentOrders(n).flatMap((order) => {
      const base = { ...uniformSpec(out), accumulate, order };
      const wide = accumulate !== out;
      const products: OperationSpec[] = [
        { ...base, product: wide ? ('exact' as const) : out },
        // Exact products leave nothing for an fma to round otherwise.
        ...(!wide && allowsFma(order) ? [{ ...base, fma: true }] : []),
      ];
      return products.flatMap((spec): Candidate[] => {
        if (!hasBias) return [{ spec, bias: undefined }];
        const places: BiasPlace[] = [...(wide ? (['fused'] as const) : []), 'separate'];
        if (order.kind === 'sequential') places.push('first');
        return places.map((bias) => ({ spec: { ...spec, bias: bias === 'first' ? 'separate' : bias }, bias }));
      });
    }),
  );
}

/** A candidate in the words of a policy: `order=lanes(8), fma=on, accumulate=fp32, bias=separate`. */
export function candidateText({ spec, bias }: Candidate): string {
  return [
    `order=${orderText(spec.order)}`,
    ...(spec.fma ? ['fma=on'] : []),
    `accumulate=${spec.accumulate.name}`,
    ...(spec.product === 'exact' ? ['product=exact'] : []),
    ...(bias === undefined ? [] : [`bias=${bias}`]),
  ].join(', ');
}
