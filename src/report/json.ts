/** An analysis as JSON text. */
import { type DepthTiers, tierNames } from '../analysis/depth/result.ts';
import type { Diagnostics } from '../analysis/diagnostics/result.ts';
import type { Analysis, Quantiles, TapResult } from '../analysis/result.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Indented JSON; arrays of plain values stay on one line. Non-finite numbers are "NaN", "Infinity" and "-Infinity". */
export function jsonText(value: Json): string {
  return `${print(value, '')}\n`;
}

function print(value: Json, indent: string): string {
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => print(item, inner));
    const plain = value.every((item) => item === null || typeof item !== 'object');
    if (plain) return `[${items.join(', ')}]`;
    return `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([k, v]) => `${inner}${JSON.stringify(k)}: ${print(v, inner)}`).join(',\n')}\n${indent}}`;
}

/** The analysis in the documented order of keys, so that equal runs are equal bytes; later additions come last. */
export function analysisJson(analysis: Analysis): string {
  const { model, reference, output, pad, firstNonFinite: first } = analysis;
  return jsonText({
    schema: analysis.schema,
    model: {
      family: model.family,
      layers: model.layers,
      width: model.width,
      heads: model.heads,
      kvHeads: model.kvHeads,
      parameters: model.parameters,
      source: model.source,
    },
    policy: analysis.policy,
    reference: {
      arithmetic: reference.arithmetic,
      uncertainty: reference.uncertainty,
      against: reference.against,
      sampledTokens: reference.sampledTokens,
      sampledOf: reference.sampledOf,
    },
    tokens: analysis.tokens,
    taps: analysis.taps.map(tapJson),
    output: {
      lossReference: output.lossReference,
      lossComputed: output.lossComputed,
      klMean: output.klMean,
      argmaxFlips: output.argmaxFlips,
      minMargin: output.minMargin,
    },
    weights: analysis.weights,
    pad: pad === null ? null : { side: pad.side, token: pad.token },
    firstNonFinite:
      first === null
        ? null
        : { tap: first.tap, value: first.value, sequence: first.sequence, token: first.token, index: first.index },
    roundingSeeds: analysis.roundingSeeds,
    ...(analysis.diagnostics && { diagnostics: diagnosticsJson(analysis.diagnostics) }),
    ...(analysis.tiers && { tiers: tiersJson(analysis.tiers) }),
  });
}

/** Keys in the order of names.ts. */
function diagnosticsJson({ formulas, layers, correlations }: Diagnostics): Json {
  return {
    formulas: formulas.map(({ name, text }) => ({ name, text })),
    layers: layers.map((layer) => ({
      layer: layer.layer,
      values: layer.values,
      formulas: layer.formulas,
      heads: layer.heads.map(({ head, values, rows }) => ({
        head,
        values,
        rows: {
          entropy: quantilesJson(rows.entropy),
          p_max: quantilesJson(rows.p_max),
          theta: quantilesJson(rows.theta),
        },
      })),
    })),
    correlations: correlations?.map(({ name, spearman, pearson }) => ({ name, spearman, pearson })) ?? null,
  };
}

function tapJson(tap: TapResult): Json {
  return {
    tap: tap.tap,
    layer: tap.layer,
    shape: tap.shape,
    relFrobenius: tap.relFrobenius,
    added: tap.added,
    inherited: tap.inherited,
    relLinf: quantilesJson(tap.relLinf),
    relComponentwise: quantilesJson(tap.relComponentwise),
    absLinf: quantilesJson(tap.absLinf),
    minRowNorm: tap.minRowNorm,
    nonFinite: tap.nonFinite,
    flagged: tap.flagged,
  };
}

function tiersJson({ points, unavailable }: DepthTiers): Json {
  return {
    points: points.map((point) => ({
      tap: point.tap,
      layer: point.layer,
      observed: point.observed,
      local: point.local,
      linear: point.linear,
      rest: point.rest,
      localBound: point.localBound,
      ...Object.fromEntries(tierNames.map((tier) => [tier, point[tier]])),
      condition: point.condition,
      relativeProductLog10: point.relativeProductLog10,
      worstCaseLog10: point.worstCaseLog10,
    })),
    unavailable: unavailable.map(({ tier, from, because }) => ({ tier, from, because })),
  };
}

function quantilesJson({ q01, q25, q50, q75, q99, max }: Quantiles): Json {
  return { q01, q25, q50, q75, q99, max };
}
