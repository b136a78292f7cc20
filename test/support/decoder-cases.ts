/**
 * Random decoders and policies on which the scalar oracle, the CPU's kernels and WebGPU are held against each other: the
 * factors, a pairwise covering array of them, and their full product.
 */
import { type BinaryFormat, parseFormat } from '../../src/formats/index.ts';
import type { DecoderSource } from '../../src/model/decoder-source.ts';
import type { PadOptions } from '../../src/model/program/batch.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { type Policy, parsePolicy } from '../../src/tensor/index.ts';
import { coveringArray } from './covering-array.ts';

const decoders = {
  gpt2: { biases: 'normal' },
  llama: { norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', kvHeads: 1, biases: 'none', activation: 'silu' },
  'post-norm': { normPlacement: 'post', activation: 'gelu-erf' },
  relu: { activation: 'relu', positionEncoding: 'none' },
} as const;

/** Numbers put into the token embedding, and so into every sum, among ordinary ones. */
const specials = {
  ordinary: [],
  subnormal: [2 ** -149, -(2 ** -130), 2 ** -26, -(2 ** -24)],
  infinite: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  NaN: [Number.NaN],
  zeros: [-0, 0],
} as const;

const factors = {
  base: ['bf16', 'fp16', 'fp32', 'tf32', 'e5m2', 'e4m3', 'autocast(bf16)', 'autocast(fp16)'],
  order: ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'splitk(3)', 'kahan'],
  mode: ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd', 'stochastic'],
  special: Object.keys(specials) as (keyof typeof specials)[],
} as const;

/** What the full product does not multiply by: each case takes the next of these. */
const others = {
  decoder: Object.keys(decoders) as (keyof typeof decoders)[],
  overflow: ['inf', 'saturate'],
  subnormals: ['keep', 'flush'],
  fma: ['', ', fma=on'],
  probs: ['', '; *.probs: fp32', '; *.probs: softmax=unshifted'],
  rotary: ['exact', 'float32-angles'],
  pad: ['left', 'right'],
} as const;

type Choice<F extends Record<string, readonly unknown[]>> = { [K in keyof F]: F[K][number] };
type Row = Choice<typeof factors> & Choice<typeof others>;

export const rowTitle = ({ seed, decoder, base, order, mode, special }: Row & { seed: number }): string =>
  `${seed}: ${decoder}, ${base}, ${order}, ${mode}, ${special}`;

export interface DecoderCase {
  readonly title: string;
  readonly model: DecoderSource;
  readonly policy: Policy;
  readonly tokens: number[][];
  readonly padding: PadOptions;
}

/** Every two values of two factors meet. */
export const pairwiseRows: readonly (Row & { seed: number })[] = coveringArray({ ...factors, ...others }, 6).map(
  (row, seed) => ({ ...row, seed }),
);

/** Every base, order, mode and kind of inputs with every other. */
export function productRows(): (Row & { seed: number })[] {
  const rows: (Row & { seed: number })[] = [];
  for (const base of factors.base) {
    for (const order of factors.order) {
      for (const mode of factors.mode) {
        for (const special of factors.special) {
          const seed = rows.length;
          // Their numbers have no common divisor with each other's step, so that all pairs of them come by.
          const pick = <T>(values: readonly T[], step: number): T => values[Math.floor(seed / step) % values.length];
          rows.push({
            ...{ base, order, mode, special, seed, decoder: pick(others.decoder, 1), probs: pick(others.probs, 4) },
            ...{ overflow: pick(others.overflow, 5), subnormals: pick(others.subnormals, 7), fma: pick(others.fma, 3) },
            ...{ rotary: pick(others.rotary, 11), pad: pick(others.pad, 2) },
          });
        }
      }
    }
  }
  return rows;
}

export function decoderCase({
  decoder,
  base,
  mode,
  order,
  special,
  overflow,
  subnormals,
  ...row
}: Row & { seed: number }): DecoderCase {
  const { seed } = row;
  const shape = { seed, layers: 1, width: 12, heads: 2, vocabulary: 17, positions: 8, mlpWidth: 20 };
  // Numbers about the smallest normal one: an embedding's standard deviation is 1/50 of its scale.
  const { smallestNormal } = parseFormat(/\w+(?=\)?$)/.exec(base)![0]) as BinaryFormat;
  const scale = special === 'subnormal' ? { embeddingScale: 50 * smallestNormal } : {};
  const model = withSpecials(randomDecoder({ ...shape, ...decoders[decoder], ...scale }), specials[special]);
  // Sums in pairs and compensated ones have no fma.
  const fma = order === 'pairwise' || order === 'kahan' ? '' : row.fma;
  const text =
    `${base}; mode=${mode}, order=${order}, overflow=${overflow}, subnormals=${subnormals}, rotary=${row.rotary}, ` +
    `seed=${seed}${fma}${row.probs}`;
  return {
    title: `${decoder}, ${special}, ${text}, ${row.pad}`,
    ...{ model, policy: parsePolicy(text, siteNames(model.config)) },
    tokens: [
      [1, 5, 9, 16, 3],
      [2, 7, 0],
    ],
    padding: { token: 0, side: row.pad },
  };
}

/** The same decoder with these numbers here and there in its token embedding. */
function withSpecials(model: DecoderSource, numbers: readonly number[]): DecoderSource {
  if (numbers.length === 0) return model;
  const put = <T extends { readonly data: Float32Array | Float64Array }>(tensor: T): T => {
    const data = tensor.data.slice();
    numbers.forEach((x, i) => {
      for (let at = 13 * (i + 1); at < data.length; at += 29 * numbers.length) data[at] = x;
    });
    return { ...tensor, data };
  };
  return {
    ...model,
    async embedding() {
      const { token, ...rest } = await model.embedding();
      return { ...rest, token: put(token) };
    },
  };
}
