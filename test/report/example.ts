/** Analyses made by hand, for the report's tests. */
import type { TierPoint } from '../../src/analysis/depth/result.ts';
import type { Analysis, Quantiles, TapResult } from '../../src/analysis/result.ts';

export function quantiles(scale: number): Quantiles {
  return { q01: scale / 8, q25: scale / 2, q50: scale, q75: 1.5 * scale, q99: 3 * scale, max: 4 * scale };
}

export function tap(name: string, relFrobenius: number, more: Partial<TapResult> = {}): TapResult {
  const layer = /^layers\.(\d+)\./.exec(name);
  return {
    tap: name,
    layer: layer === null ? null : Number(layer[1]),
    shape: [1, 8, 64],
    relFrobenius,
    added: null,
    inherited: null,
    relLinf: quantiles(relFrobenius),
    relComponentwise: quantiles(10 * relFrobenius),
    absLinf: quantiles(relFrobenius / 2),
    minRowNorm: 1.25,
    nonFinite: 0,
    flagged: false,
    ...more,
  };
}

/** A decoder of `layers` blocks whose error grows with depth; every number is exact in binary or simply rounded. */
export function analysis(layers = 3, more: Partial<Analysis> = {}): Analysis {
  const taps = [tap('embed', 0.0017)];
  for (let i = 0; i < layers; i++) {
    const base = 0.003 * (1 + i * 0.7);
    taps.push(tap(`layers.${i}.input_norm`, base));
    taps.push(tap(`layers.${i}.scores`, base * 1.5, { shape: [1, 4, 8, 8] }));
    taps.push(tap(`layers.${i}.attn_residual`, base * 1.2, { added: base * 0.6, inherited: base * 1.0 }));
    taps.push(tap(`layers.${i}.mlp_residual`, base * 1.7, { added: base * 0.9, inherited: base * 1.3 }));
  }
  taps.push(tap('final_norm', 0.021), tap('logits', 0.024, { shape: [1, 8, 512] }));
  return {
    schema: 'ulpwise.analysis/1',
    model: { family: 'gpt2', layers, width: 64, heads: 4, kvHeads: 4, parameters: 123456, source: 'models/tiny' },
    policy: 'bf16; *_residual: fp32',
    reference: { arithmetic: 'float64', uncertainty: 2e-15, against: 'double-double', sampledTokens: 8, sampledOf: 8 },
    weights: 'original',
    pad: null,
    tokens: [[1, 5, 9, 2, 6, 5, 3, 5]],
    taps,
    firstNonFinite: null,
    roundingSeeds: [],
    output: { lossReference: 1.6001221, lossComputed: 1.6123, klMean: 0.000123, argmaxFlips: 1, minMargin: 0.0123 },
    ...more,
  };
}

/** The same with tiers; the worst case grows by 10^`decades` a half block, and the bounds are there where they are asked for. */
export function tiered(layers = 3, decades = 4, bounded = true): Analysis {
  const base = analysis(layers);
  const ends = base.taps.filter(({ tap: name, added }) => added !== null || name === 'embed' || name === 'logits');
  const points = ends.map(({ tap: name, layer, relFrobenius: observed, added }, i): TierPoint => {
    const log10 = -2 + decades * i;
    return {
      ...{ tap: name, layer, observed, local: added ?? observed / 2, linear: observed, rest: observed / 64 },
      ...{ rootSumSquare: observed * (i % 2 === 0 ? 0.9375 : 1.0625), triangle: observed * (1 + Math.min(i, 12) / 4) },
      ...(bounded
        ? { boundRootSumSquare: 4 * observed, boundTriangle: 32 * observed * 2 ** i, certified: 64 * observed * 4 ** i }
        : { boundRootSumSquare: null, boundTriangle: null, certified: null }),
      ...{ localBound: bounded ? 8 * observed : null, worstCase: 10 ** log10, worstCaseLog10: log10 },
      ...{ condition: i === 0 ? null : 10, relativeProduct: 10 ** (i - 2), relativeProductLog10: i - 2 },
      ...(i > 0 && i % 2 === 0
        ? { baekPredictor: 1024 * observed * i, riskA2: observed / 4 }
        : { baekPredictor: null, riskA2: null }),
    };
  });
  return { ...base, tiers: { points, unavailable: [] } };
}

/** The same with an overflow: the last half blocks are infinite and NaN. */
export function overflowed(): Analysis {
  const base = analysis();
  const broken = { relFrobenius: Number.NaN, added: Number.POSITIVE_INFINITY, inherited: Number.NaN, nonFinite: 12 };
  const at = base.taps.findIndex((t) => t.tap === 'layers.2.attn_residual');
  return {
    ...base,
    taps: base.taps.map((t, i) =>
      i === at || i === at + 1 ? { ...t, ...broken, relLinf: quantiles(Number.POSITIVE_INFINITY) } : t,
    ),
    firstNonFinite: {
      tap: 'layers.2.scores',
      value: Number.POSITIVE_INFINITY,
      sequence: 0,
      token: 5,
      index: [0, 2, 5, 1],
    },
    output: {
      lossReference: 1.6001221,
      lossComputed: Number.NaN,
      klMean: Number.NaN,
      argmaxFlips: 8,
      minMargin: 0.0123,
    },
  };
}
