/** What programs are known to do: the formats they compute in, and where they leave docs/semantics.md. docs/explain.md. */
import type { Freedom } from '../../../arithmetic/enclosure/index.ts';
import { type Format, InputError } from '../../../formats/index.ts';
import type { DecoderConfig } from '../../../model/config.ts';
import { type Batch, positionsOf } from '../../../model/program/batch.ts';
import { siteNames } from '../../../model/program/taps.ts';
import type { Trace } from '../trace.ts';

export const producerNames = ['ulpwise', 'pytorch', 'unknown'] as const;
export type ProducerName = (typeof producerNames)[number];

/** @throws InputError unless the text names a producer */
export function parseProducer(text: string): ProducerName {
  const found = producerNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InputError(`--producer: expected ${producerNames.join(', ')}, got '${text}'`);
}

/** Names that recorders of a producer's runs give themselves. */
const ALIASES: Readonly<Record<string, ProducerName>> = {
  torch: 'pytorch',
  transformers: 'pytorch',
  huggingface: 'pytorch',
};

/** The producer that a trace names; `unknown` for one that is not listed. */
export function producerOf({ metadata }: Trace): ProducerName {
  const named = metadata.producer.toLowerCase();
  const listed = producerNames.find((name) => named.startsWith(name));
  return listed ?? Object.entries(ALIASES).find(([alias]) => named.startsWith(alias))?.[1] ?? 'unknown';
}

/** Orders of additions are unknown; eight lanes are what the expected size stands on. */
const UNKNOWN_ORDER = 'order=lanes(8), bias=fused';

/**
 * The policy that a trace was computed under: what it says itself, or else by the formats of its taps.
 * @throws InputError where ulpwise's own trace does not say
 */
export function policyOf(producer: ProducerName, trace: Trace): string {
  if (trace.metadata.policy !== undefined) return trace.metadata.policy;
  if (producer === 'ulpwise') {
    throw new InputError(
      `${trace.source}: expected a policy in the trace's metadata, got none; give --policy-a or --policy-b`,
    );
  }
  const formats = new Map<string, Format>();
  for (const tap of trace.taps()) {
    const format = trace.header(tap)?.format;
    if (format) formats.set(format.name, format);
  }
  const coarsest = [...formats.values()].sort((a, b) => b.u - a.u)[0];
  if (coarsest === undefined)
    throw new InputError(`${trace.source}: expected taps of floating-point numbers, got none`);
  const name = coarsest.name;
  if (name === 'fp32' || name === 'fp64') return `${name}; ${UNKNOWN_ORDER}`;
  // Some taps in float32 beside those of the low format: mixed precision.
  if (formats.has('fp32')) return `autocast(${name}); order=lanes(8)`;
  return `${name}; product=exact, accumulate=fp32, ${UNKNOWN_ORDER}`;
}

/** u of float32. */
const U32 = 2 ** -24;

/**
 * How far angles that are formed in float32 may be from position·θ^(−2j/d): a power within an ulp (3u), its reciprocal and
 * the product (u each), and the exponent's rounding, which the power multiplies by its logarithm. In the shape of the rotary tables.
 */
export function float32AngleError({ headWidth, rotaryBase }: DecoderConfig, batch: Batch): (i: number) => number {
  const pairs = headWidth / 2;
  const positions = positionsOf(batch);
  return (i) => {
    const j = i % pairs;
    const row = Math.floor(i / pairs);
    const position = positions[Math.floor(row / batch.length)][row % batch.length];
    const exponent = (2 * j) / headWidth;
    const angle = position * rotaryBase ** -exponent;
    return angle * (5 + exponent * Math.abs(Math.log(rotaryBase))) * U32 * (1 + 2 ** -10);
  };
}

/** Ulps beyond correct rounding: of libraries as they are usual, and of those of PyTorch, on a GPU too. */
const USUAL_ULPS = { exp: 1, tanh: 1, erf: 1, rsqrt: 1 } as const;
const PYTORCH_ULPS = { exp: 2, tanh: 2, erf: 2, rsqrt: 2, trigonometric: 2 } as const;

export function freedomOf(producer: ProducerName, config: DecoderConfig, batch: Batch, trace: Trace): Freedom {
  if (producer === 'ulpwise') return {};
  const common: Freedom = { ulps: USUAL_ULPS, constants: true, formulas: true, runningMoments: true };
  if (producer === 'unknown') return common;
  const unstored = new Set(
    siteNames(config)
      .filter((site) => site.endsWith('.probs') && trace.header(site) === undefined)
      .flatMap((site) => [site, site.replace(/probs$/, 'context')]),
  );
  return {
    ...common,
    ulps: PYTORCH_ULPS,
    fused: (site) => unstored.has(site),
    ...(config.positionEncoding === 'rotary' && { angleError: float32AngleError(config, batch) }),
  };
}
