/** How much of the error a higher precision in parts of attention takes away, over depth (paper B's guideline). */
import { z } from 'zod';
import { computedArithmetic } from '../../analysis/computed.ts';
import { untilDecided } from '../../analysis/decided.ts';
import { errorsOf } from '../../analysis/metrics.ts';
import { referenceArithmetic } from '../../analysis/references.ts';
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import { batchOf } from '../../model/program/batch.ts';
import { forward, type LoadedDecoder, loadedDecoder } from '../../model/program/forward.ts';
import { halfBlocks, layerOf, siteNames } from '../../model/program/taps.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { parsePolicy, rowLength, type Tensor } from '../../tensor/index.ts';
import { type Cell, type Context, experiment, type Figure, type ResultTable, type Row } from '../experiment.ts';
import { count, numbers, seed, texts } from '../parameters.ts';
import { groupBy, median, numbersIn } from '../statistics.ts';

const parameters = z.object({
  seed,
  formats: texts('bf16', 'fp16').describe('formats of everything else'),
  higher: z.string().default('fp32').describe('format of the parts in higher precision'),
  checkpoint: z.string().default('').describe('folder of a checkpoint to use instead, with all its layers'),
  layers: count(1, 200, 24).describe('layers of the decoder'),
  width: count(8, 4096, 64).describe('width of the residual stream'),
  heads: count(1, 64, 4).describe('heads'),
  tokens: count(2, 8192, 32).describe('tokens of the sequence'),
  gains: numbers(0, 1000, 1, 4).describe('factors on query and key weights: 1, and sharper attention'),
  samples: count(1, 1000, 8).describe('initialisations, each with a sequence of its own'),
});
type Parameters = z.infer<typeof parameters>;

const PARTS = {
  scores: (format: string) => [`*.scores: ${format}`],
  softmax: (format: string) => [`*.probs: ${format}`],
  accumulation: (format: string) => [`accumulate=${format}`],
} as const;
type Part = keyof typeof PARTS;

/** None, each part alone, each pair, all: named by their parts. */
const VARIANTS: readonly (readonly Part[])[] = [
  [],
  ...[['scores'], ['softmax'], ['accumulation']],
  ...[
    ['scores', 'softmax'],
    ['scores', 'accumulation'],
    ['softmax', 'accumulation'],
  ],
  ['scores', 'softmax', 'accumulation'],
] as Part[][];

const nameOf = (parts: readonly Part[]): string => (parts.length === 0 ? 'none' : parts.join(' + '));

/** The policy in which the parts are computed in the higher format. */
export function policyOf(format: string, higher: string, parts: readonly Part[]): string {
  // Accumulation first: later parts of a policy change earlier ones.
  const order: readonly Part[] = ['accumulation', 'scores', 'softmax'];
  const changes = order.filter((part) => parts.includes(part)).flatMap((part) => PARTS[part](higher));
  return [format, ...changes].join('; ');
}

export const attentionPrecisionExperiment = experiment({
  id: 'attention-precision',
  title: 'Which part of attention deserves a higher precision',
  source: {
    reference: 'arXiv 2503.10251 v1, the guideline on mixed precision',
    reported: 'Attention’s scores and softmax are to be computed in higher precision than the rest.',
  },
  finding:
    'Higher precision in the products of scores or in softmax alone takes away next to nothing: queries, keys and probabilities are still stored in the format. Accumulation takes away the most: a sixth of the error, and two fifths where attention is sharp (gain 4); scores and softmax add a little to that.',
  parameters,
  quick: { layers: 8, samples: 2, formats: ['bf16'] },
  columns: [
    { key: 'format', kind: 'text', header: 'format', meaning: 'format of everything else' },
    { key: 'gain', kind: 'number', header: 'gain', meaning: 'factor on query and key weights; null for a checkpoint' },
    { key: 'sample', kind: 'integer', header: 'sample', meaning: 'number of the initialisation' },
    { key: 'parts', kind: 'text', header: 'higher precision', meaning: 'what is computed in the higher format' },
    { key: 'layer', kind: 'integer', header: 'L', meaning: 'layers computed: the stream after the MLP of this one' },
    { key: 'error', kind: 'number', header: 'relative error', meaning: '‖x̂ − x‖_F/‖x‖_F' },
    { key: 'errorLinf', kind: 'number', header: 'median ‖d‖∞/‖x‖∞', meaning: 'median over tokens' },
  ],
  policies: (p) => p.formats.flatMap((format) => VARIANTS.map((parts) => policyOf(format, p.higher, parts))),
  cells: (p) =>
    p.formats.flatMap((format) =>
      (p.checkpoint === '' ? p.gains : [null]).flatMap((gain) =>
        Array.from({ length: p.samples }, (_, sample) => ({ format, gain, sample })),
      ),
    ),
  run: rowsOf,
  tables,
  figures,
});

async function rowsOf(p: Parameters, cell: Cell, context: Context): Promise<Row[]> {
  const sample = Number(cell.sample);
  const source =
    p.checkpoint === ''
      ? randomDecoder({
          ...{ layers: p.layers, width: p.width, heads: p.heads, positions: p.tokens, seed: p.seed + sample },
          ...{ initialisation: 'fan-in', standardDeviation: 1, queryKeyGain: Number(cell.gain) },
        })
      : await context.loadCheckpoint(p.checkpoint);
  const model = await loadedDecoder(source);
  const tokens = randomTokens(p.seed + sample, 1, p.tokens, model.config.vocabulary);
  // One reference for all policies.
  const exact = await streams(model, tokens, referenceArithmetic('float64'));
  const rows: Row[] = [];
  for (const parts of VARIANTS) {
    const policy = policyOf(String(cell.format), p.higher, parts);
    const { specFor } = parsePolicy(policy, siteNames(model.config));
    const computed = await untilDecided(() => streams(model, tokens, computedArithmetic(context.backend, specFor)));
    for (const [tap, { shape, data }] of computed) {
      const width = rowLength(shape);
      const tokensOfTap = Array.from({ length: data.length / width }, (_, t) => ({
        ...{ start: t * width, end: (t + 1) * width },
      }));
      const reference = (exact.get(tap) as Tensor).data;
      const { relFrobenius, relLinf } = errorsOf({ computed: data }, reference, tokensOfTap);
      const layer = Number(layerOf(tap)) + 1;
      rows.push({ ...cell, parts: nameOf(parts), layer, error: relFrobenius, errorLinf: relLinf.q50 });
    }
  }
  return rows;
}

/** The residual stream after each layer. */
async function streams<V>(
  model: LoadedDecoder,
  tokens: readonly (readonly number[])[],
  A: Arithmetic<V>,
): Promise<Map<string, Tensor>> {
  const names = new Set(halfBlocks(model.config).flatMap(({ kind, name }) => (kind === 'mlp' ? [name] : [])));
  const found = new Map<string, V>();
  forward(model, A, batchOf(tokens, { token: 0 }), (tap, value) => {
    if (names.has(tap)) found.set(tap, value);
  });
  const lowered = new Map<string, Tensor>();
  for (const [tap, value] of found) lowered.set(tap, await A.lower(value));
  return lowered;
}

/** By format, gain, parts and layer: the median error, and how many times smaller it is than with nothing higher. */
function summarise(rows: readonly Row[]): Row[] {
  const base = new Map<string, number>();
  const sampleOf = ({ format, gain, sample, layer }: Row) => JSON.stringify([format, gain, sample, layer]);
  for (const row of rows) if (row.parts === 'none') base.set(sampleOf(row), Number(row.error));
  return groupBy(rows, 'format', 'gain', 'parts', 'layer').map(({ key, rows: samples }) => ({
    ...key,
    error: median(numbersIn(samples, 'error')),
    reduction: median(samples.map((row) => Number(base.get(sampleOf(row))) / Number(row.error))),
  }));
}

function tables(rows: readonly Row[]): ResultTable[] {
  const summary = summarise(rows);
  const last = summary.reduce((most, row) => Math.max(most, Number(row.layer)), 0);
  const shown = [...new Set([1, Math.ceil(last / 4), Math.ceil(last / 2), last])];
  return [
    {
      id: 'reduction',
      title: 'How many times smaller the error is than with everything in the format, median over samples',
      columns: [
        { key: 'format', header: 'format' },
        { key: 'gain', header: 'gain', form: 'fixed' },
        { key: 'parts', header: 'in higher precision' },
        ...shown.map((layer) => ({ key: `L${layer}`, header: `L = ${layer}`, form: 'fixed' as const })),
        { key: 'error', header: `error at L = ${last}`, form: 'scientific' },
      ],
      rows: groupBy(summary, 'format', 'gain', 'parts').map(({ key, rows: layers }) => ({
        ...key,
        ...Object.fromEntries(layers.map((row) => [`L${row.layer}`, row.reduction])),
        error: layers.find((row) => row.layer === last)?.error ?? null,
      })),
    },
  ];
}

function figures(rows: readonly Row[]): Figure[] {
  const shown = [[], ['scores'], ['softmax'], ['accumulation'], ['scores', 'softmax', 'accumulation']] as Part[][];
  return [
    {
      id: 'depth',
      title: 'Error through depth with parts of attention in higher precision',
      caption: 'Relative Frobenius error of the residual stream after each layer, median over samples.',
      x: { label: 'layers L', scale: 'linear' },
      y: { label: '‖x̂ − x‖ / ‖x‖', scale: 'log' },
      panels: groupBy(summarise(rows), 'format', 'gain').map(({ key, rows: ofPanel }) => ({
        title: key.gain === null ? String(key.format) : `${key.format}, gain ${key.gain}`,
        series: shown.map((parts) => ({
          name: `higher: ${nameOf(parts)}`,
          points: ofPanel
            .filter((row) => row.parts === nameOf(parts))
            .map((row) => ({ x: Number(row.layer), y: Number(row.error) })),
        })),
      })),
    },
  ];
}
