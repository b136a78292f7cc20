/** What a factor on the residual branches does to the error through depth (paper C's experiment on GPT-2). */
import { z } from 'zod';
import { analyze } from '../../analysis/analyze.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { halfBlocks } from '../../model/program/taps.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { withScaledBranches } from '../../model/scaled-branches.ts';
import { parsePolicy } from '../../tensor/index.ts';
import { type Cell, type Context, experiment, type Row } from '../experiment.ts';
import { count, numbers, seed } from '../parameters.ts';
import { figures, tables } from './results.ts';

/** Of paper C's GPT-2, and smaller ones. */
const PRESETS = {
  small: { layers: 12, width: 64, heads: 4, tokens: 24, vocabulary: 512 },
  medium: { layers: 12, width: 256, heads: 8, tokens: 128, vocabulary: 2048 },
  gpt2: { layers: 12, width: 768, heads: 12, tokens: 1024, vocabulary: 50_257 },
} as const;

const parameters = z.object({
  seed,
  policy: z.string().default('fp32; order=pairwise').describe('policy of the computed run'),
  preset: z.enum(['small', 'medium', 'gpt2']).default('small').describe('shape of the re-initialised decoder'),
  checkpoint: z.string().default('').describe('folder of a checkpoint to use instead, with its own weights'),
  tokens: count(0, 1_048_576, 0).describe('tokens of the sequence; 0: the shape’s own, or 128 of a checkpoint'),
  samples: count(1, 1000, 5).describe('initialisations, each with a sequence of its own'),
  scales: numbers(1e-6, 1e6, 0.02, 0.1, 0.5, 1, 2, 5, 20, 100).describe('factors s on the branches'),
  streams: numbers(1e-6, 1e3, 0.03, 1).describe('standard deviation of the embedding'),
  gain: z.number().min(0).max(1000).default(4).describe('factor on query and key weights: 1, or sharper attention'),
});
type Parameters = z.infer<typeof parameters>;

const QUANTILES = ['q01', 'q25', 'q50', 'q75', 'q99'] as const;
const quantileColumns = (name: string, header: string, meaning: string) =>
  QUANTILES.map((q) => ({
    ...{ key: `${name}_${q}`, kind: 'number' as const, header: `${header} ${q}`, unit: 'u' },
    meaning: `${q.slice(1)} % quantile over tokens of ${meaning}`,
  }));

export const residualScaleExperiment = experiment({
  id: 'residual-scale',
  title: 'Error through depth when residual branches are scaled',
  source: {
    reference: 'arXiv 2503.10251 v2, the GPT-2 experiment',
    reported:
      'Scaling the residual projections preserves the propagation of relative error unless it changes the dynamics of the stream qualitatively.',
  },
  finding:
    'With a small embedding the error is the same for every s above about 0.1: updates dominate the stream, and a common factor cancels. With an embedding of unit size it stays at a few u while the embedding dominates, and rises monotonically to that plateau where updates begin to (s from 0.5 to 5).',
  parameters,
  quick: { samples: 2 },
  columns: [
    {
      key: 'stream',
      kind: 'number',
      header: 'x₀',
      meaning: 'standard deviation of the embedding; null for a checkpoint',
    },
    { key: 's', kind: 'number', header: 's', meaning: 'factor on the branches' },
    { key: 'sample', kind: 'integer', header: 'sample', meaning: 'number of the initialisation' },
    { key: 'position', kind: 'integer', header: 'position', meaning: 'half block, from 1: attention and MLP in turn' },
    { key: 'tap', kind: 'text', header: 'tap', meaning: 'residual stream after the half block' },
    ...quantileColumns('linf', '‖d‖∞/‖x‖∞', 'a token’s largest error over its largest entry'),
    ...quantileColumns('comp', 'max |dᵢ|/|xᵢ|', 'a token’s largest componentwise relative error'),
    ...quantileColumns('abs', '‖d‖∞', 'a token’s largest error'),
    { key: 'minNorm', kind: 'number', header: 'min ‖x‖₂', meaning: 'smallest 2-norm of a token' },
  ],
  policies: (p) => [p.policy],
  cells: (p) =>
    (p.checkpoint === '' ? p.streams : [null]).flatMap((stream) =>
      p.scales.flatMap((s) => Array.from({ length: p.samples }, (_, sample) => ({ stream, s, sample }))),
    ),
  run: rowsOf,
  tables,
  figures,
});

async function rowsOf(p: Parameters, cell: Cell, context: Context): Promise<Row[]> {
  const sample = Number(cell.sample);
  const base =
    p.checkpoint === '' ? decoderOf(p, Number(cell.stream), sample) : await context.loadCheckpoint(p.checkpoint);
  const model = withScaledBranches(base, Number(cell.s));
  const length = p.tokens || (p.checkpoint === '' ? PRESETS[p.preset].tokens : 128);
  const tokens = randomTokens(p.seed + sample, 1, length, model.config.vocabulary);
  const names = halfBlocks(model.config).map(({ name }) => name);
  const options = { policy: p.policy, taps: names, uncertaintyTokens: 1, backend: context.backend };
  const { taps } = await analyze(model, tokens, options);
  const { u } = parsePolicy(p.policy).specFor(names[0]).out;
  return taps.map(({ tap, relLinf, relComponentwise, absLinf, minRowNorm }, i) => ({
    ...{ stream: cell.stream, s: cell.s, sample, position: i + 1, tap },
    ...Object.fromEntries(
      QUANTILES.flatMap((q) => [
        [`linf_${q}`, relLinf[q] / u],
        [`comp_${q}`, relComponentwise[q] / u],
        [`abs_${q}`, absLinf[q] / u],
      ]),
    ),
    minNorm: minRowNorm,
  }));
}

/** Weights as paper C draws them; the stream begins with a token's and a position's embedding, of equal size. */
function decoderOf({ preset, seed: key, gain }: Parameters, stream: number, sample: number): DecoderSource {
  const { tokens, ...shape } = PRESETS[preset];
  return randomDecoder({
    ...{
      ...shape,
      positions: tokens,
      seed: key + sample,
      initialisation: 'fan-in',
      biases: 'zero',
      queryKeyGain: gain,
    },
    ...{ standardDeviation: stream / Math.SQRT2 },
  });
}
