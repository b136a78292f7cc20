/** Greedy generation from a key-value cache against one run over the same tokens. */
import { float64Specs, type SpecOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { batchOf } from '../../model/program/batch.ts';
import { forward, type LoadedDecoder, loadedDecoder } from '../../model/program/forward.ts';
import { Generation } from '../../model/program/generation.ts';
import { halfBlocks, siteNames } from '../../model/program/taps.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { type Numbers, orderOfProduct, orderText, parsePolicy, rowLength } from '../../tensor/index.ts';
import type { Row } from '../experiment.ts';
import { argmax, differenceOf, flipsOf } from './measures.ts';

export interface GeneratedOptions {
  readonly seed: number;
  readonly decoderLayers: number;
  readonly decoderWidth: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly prompts: number;
  readonly prompt: number;
  readonly tokens: number;
  readonly policy: string;
}

/** A tap's columns one after the other, [columns, features]. */
type Columns = Map<string, Numbers>;

/** So small that a token's own embedding does not make it the next one, too. */
const EMBEDDING_SCALE = 0.1;

/** A row for each layer's residual stream and one for the logits, over the generated tokens of all prompts. */
export async function generatedRows(o: GeneratedOptions): Promise<Row[]> {
  const { seed, decoderLayers: layers, decoderWidth: width, heads, vocabulary, prompt, tokens: length } = o;
  const shape = { layers, width, heads, vocabulary, positions: length };
  const drawn = { seed, initialisation: 'fan-in', embeddingScale: EMBEDDING_SCALE } as const;
  const model = await loadedDecoder(randomDecoder({ ...shape, ...drawn }));
  const taps = halfBlocks(model.config).flatMap(({ kind, name }) => (kind === 'mlp' ? [name] : []));
  taps.push('logits');
  const policy = parsePolicy(o.policy, siteNames(model.config));
  const runs = randomTokens(seed, o.prompts, prompt, vocabulary).map((start) => {
    const cached = generated(model, policy.specFor, start, length, taps);
    const whole = feedOnce(model, policy.specFor, cached.tokens, taps);
    return [cached.columns, whole, feedOnce(model, float64Specs, cached.tokens, taps)];
  });
  const orderAt = (m: number): string =>
    orderText(orderOfProduct(policy.specFor('layers.0.mlp_up'), { m, n: 4 * width, k: width }));
  return taps.map((tap, i): Row => {
    const features = tap === 'logits' ? vocabulary : width;
    // A prompt is one run in both.
    const [one, all, reference] = [0, 1, 2].map((which) =>
      joined(runs.map((columns) => (columns[which].get(tap) as Numbers).subarray(prompt * features))),
    );
    return {
      ...{ study: 'generated', policy: o.policy, residual: null, rows: length },
      layer: tap === 'logits' ? null : i + 1,
      kernels: orderAt(1) === orderAt(length) ? orderAt(1) : `${orderAt(1)}, ${orderAt(length)}`,
      ...differenceOf(one, all, features),
      error: differenceOf(one, reference, features).difference,
      ...{ fresh: null, gain: null, cosine: null },
      flips: flipsOf(one, all, features),
    };
  });
}

function joined(parts: readonly Numbers[]): Numbers {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The prompt at once, then each token the most probable one after those before it. */
function generated(
  model: LoadedDecoder,
  specOf: SpecOf,
  prompt: readonly number[],
  length: number,
  taps: readonly string[],
): { tokens: number[]; columns: Columns } {
  const A = new CpuArithmetic('generated', specOf);
  const generation = new Generation(model, A, { capacity: length });
  const pieces = new Map<string, Numbers[]>(taps.map((tap) => [tap, []]));
  const feed = (tokens: readonly number[]) =>
    A.lower(generation.feed([tokens], (tap, value) => void pieces.get(tap)?.push(A.lower(value).data)));
  const tokens = [...prompt];
  let logits = feed(prompt);
  while (tokens.length < length) {
    const vocabulary = rowLength(logits.shape);
    const next = argmax(logits.data, logits.data.length / vocabulary - 1, vocabulary);
    tokens.push(next);
    logits = feed([next]);
  }
  return { tokens, columns: new Map([...pieces].map(([tap, parts]) => [tap, joined(parts)])) };
}

function feedOnce(model: LoadedDecoder, specOf: SpecOf, tokens: readonly number[], taps: readonly string[]): Columns {
  const A = new CpuArithmetic('whole', specOf);
  const columns: Columns = new Map();
  forward(model, A, batchOf([tokens], { token: 0 }), (tap, value) => {
    if (taps.includes(tap)) columns.set(tap, Float64Array.from(A.lower(value).data));
  });
  return columns;
}
