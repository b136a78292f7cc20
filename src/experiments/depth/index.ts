/** Error through depth of many random initialisations (paper B's experiment): mean, quantiles, bounds, conditioning. */
import { z } from 'zod';
import { analyze } from '../../analysis/analyze.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { layerOf } from '../../model/program/taps.ts';
import { type QueryKeyWeights, squareDecoder } from '../../model/random/square-decoder.ts';
import { type Cell, experiment, type Row } from '../experiment.ts';
import { count, numbers, seed, texts } from '../parameters.ts';
import { scoreSpectrum, streamErrors } from './errors.ts';
import { figures } from './figures.ts';
import { errorRecursion } from './recursion.ts';
import { runStack } from './stack.ts';
import { tables } from './tables.ts';

const parameters = z.object({
  seed,
  formats: texts('decimal:8', 'fp16', 'bf16', 'fp32').describe('formats of every operation'),
  norm: z.enum(['rmsNorm', 'layerNorm']).default('rmsNorm').describe('the norm'),
  placement: z.enum(['pre', 'post']).default('pre').describe('norm before or after attention and MLP'),
  width: count(2, 256, 20).describe('d, n and D: width, head width, MLP width and tokens'),
  depths: z
    .array(z.number().int().min(1).max(1024))
    .min(1)
    .default([5, 10, 15, 20, 25, 30, 35, 40])
    .describe('layers L at which one run is read'),
  samples: count(1, 1_000_000, 5000).describe('initialisations as in the paper'),
  spread: z.number().min(1).max(1000).default(4).describe('columns of W_k and W_q are scaled by 1/spread to spread'),
  conditions: numbers(1, 1e6, 1, 10, 100, 1000, 10_000).describe('prescribed κ of W_k and W_q, in a study of its own'),
  norms: numbers(2 ** -10, 1000, 1, 2, 4, 8).describe('and their prescribed σ_max'),
  prescribed: count(0, 10_000, 25).describe('initialisations for each κ and σ_max'),
  bounded: count(0, 1000, 4).describe('initialisations in the paper’s way whose error is bounded'),
  stack: count(1, 1000, 50).describe('initialisations that are computed together; without effect on the numbers'),
});
export type Parameters = z.infer<typeof parameters>;

const number = (key: string, header: string, meaning: string) => ({ key, kind: 'number' as const, header, meaning });
const integer = (key: string, header: string, meaning: string) => ({ key, kind: 'integer' as const, header, meaning });
const text = (key: string, header: string, meaning: string) => ({ key, kind: 'text' as const, header, meaning });

export const depthExperiment = experiment({
  id: 'depth',
  title: 'Error through depth of random initialisations: mean, quantiles, bounds and conditioning',
  source: {
    reference: 'arXiv 2503.10251 v1, the experiment on deep transformers',
    reported:
      'Over 5000 initialisations the mean relative error grows close to exponentially with depth; the median is orders of magnitude lower. The error goes with σ_max and κ of WₖᵀW_q; the bound grows like α^L.',
  },
  finding:
    'With the paper’s weights, whose attention is all but hard, the median of the largest componentwise relative error grows by a near constant factor a layer, until the error saturates (fp16, bf16); the mean lies far above it and goes up and down with a few samples, for it has no limit: componentwise errors have a tail 1/t. With score matrices of σ_max up to 2 neither grows much. The error rises with σ_max of WₖᵀW_q and, at equal σ_max, falls with κ. Bounds that multiply condition numbers grow by orders of magnitude a layer.',
  parameters,
  quick: { samples: 100, prescribed: 2, norms: [1, 8], conditions: [1, 100, 10_000], bounded: 1 },
  columns: [
    text(
      'study',
      'study',
      'paper: W_k, W_q as in the paper; prescribed: of given spectra; bounds: bounds beside the error',
    ),
    number('condition', 'κ', 'prescribed condition number of W_k and of W_q'),
    number('norm', 'σ_max', 'prescribed largest singular value of W_k and of W_q'),
    integer('sample', 'sample', 'number of the initialisation'),
    text('format', 'format', 'format of every operation'),
    integer('layer', 'L', 'layers so far'),
    number('componentwise', 'max |dᵢ|/|xᵢ|', 'over all entries of the residual stream'),
    number('entry', '|dᵢ|/|xᵢ|', 'of one entry: the first of the last token'),
    number('normwise', '‖d‖_F/‖x‖_F', 'of the residual stream'),
    number('sigmaMax', 'σ_max(WₖᵀW_q)', 'geometric mean over layers'),
    number('kappa', 'κ(WₖᵀW_q)', 'geometric mean over layers'),
    number('bound', 'log₁₀ e', 'bound of max |dᵢ|/|xᵢ| by e ← K·e + h'),
    number('conditions', 'log₁₀ ΠK', 'product of the half blocks’ componentwise condition numbers'),
    number('certified', 'certified', 'certified radius, ‖·‖_F/‖x‖_F'),
    number('triangle', 'triangle', 'Σ‖A_l ξ_l‖, local errors carried on by the derivative'),
    number('rootSumSquare', 'root sum square', '√Σ‖A_l ξ_l‖²: an estimate'),
  ],
  cells(p) {
    const parts = (samples: number) =>
      Array.from({ length: Math.ceil(samples / p.stack) }, (_, i) => ({
        first: i * p.stack,
        count: Math.min(p.stack, samples - i * p.stack),
      }));
    return [
      ...Array.from({ length: p.bounded }, (_, sample) =>
        p.formats.map((format) => ({ study: 'bounds', sample, format })),
      ).flat(),
      ...parts(p.samples).map((part) => ({ study: 'paper', ...part })),
      ...p.conditions.flatMap((condition) =>
        p.norms.flatMap((norm) =>
          parts(p.prescribed).map((part) => ({ study: 'prescribed', condition, norm, ...part })),
        ),
      ),
    ];
  },
  run: (p, cell) => (cell.study === 'bounds' ? boundRows(p, cell) : errorRows(p, cell)),
  tables,
  figures,
});

/** The prescribed spectra of a row that has none. */
const NONE = { condition: null, norm: null, sigmaMax: null, kappa: null };
const NO_BOUNDS = { bound: null, conditions: null, certified: null, triangle: null, rootSumSquare: null };

/** Initialisation `sample`: the same numbers whatever else is computed with it. */
function decoderOf(p: Parameters, queryKey: QueryKeyWeights, sample: number): DecoderSource {
  return squareDecoder({
    ...{
      seed: p.seed + sample,
      layers: Math.max(...p.depths),
      width: p.width,
      norm: p.norm,
      normPlacement: p.placement,
    },
    // Entries of the value matrix have variance 1, those of the MLP 1/√width, the input's 1.
    ...{ queryKey, value: 1, mlp: 1 / Math.sqrt(Math.sqrt(p.width)), input: 1 },
  });
}

async function errorRows(p: Parameters, { study, condition, norm, first, count: size }: Cell): Promise<Row[]> {
  const prescribed = study === 'prescribed';
  const queryKey: QueryKeyWeights = prescribed
    ? { kind: 'spectrum', largest: Number(norm), condition: Number(condition) }
    : { kind: 'diagonal', spread: p.spread };
  const samples = Array.from({ length: Number(size) }, (_, i) => Number(first) + i);
  const decoders = samples.map((sample) => decoderOf(p, queryKey, sample));
  const spectra = prescribed ? await Promise.all(decoders.map(scoreSpectrum)) : [];
  const rows: Row[] = [];
  const entries = p.width ** 2;
  await runStack(decoders, p.formats, p.depths, ({ layer, exact, computed }) => {
    for (const [f, numbersOfFormat] of computed.entries()) {
      for (const [i, sample] of samples.entries()) {
        rows.push({
          ...{ study, ...NONE, ...(prescribed && { condition, norm }), sample, format: p.formats[f], layer },
          ...streamErrors(exact, numbersOfFormat, i * entries, (i + 1) * entries, p.width),
          ...spectra[i],
          ...NO_BOUNDS,
        });
      }
    }
  });
  return rows;
}

async function boundRows(p: Parameters, { study, sample, format }: Cell): Promise<Row[]> {
  const decoder = decoderOf(p, { kind: 'diagonal', spread: p.spread }, Number(sample));
  const tokens = Array.from({ length: p.width }, (_, t) => t);
  const policy = String(format);
  const taps = p.depths.map((depth) => `layers.${depth - 1}.mlp_residual`);
  const { tiers } = await analyze(decoder, [tokens], { policy, taps, tiers: true });
  const recursion = await errorRecursion(decoder, tokens, policy);
  return (tiers?.points ?? []).flatMap(({ tap, observed, certified, triangle, rootSumSquare }) => {
    const layer = Number(layerOf(tap)) + 1;
    if (!taps.includes(tap)) return [];
    const { bound, conditions } = recursion[layer - 1];
    return [
      {
        ...{ study, ...NONE, sample, format, layer, componentwise: null, entry: null, normwise: observed },
        ...{ bound, conditions, certified, triangle, rootSumSquare },
      },
    ];
  });
}
