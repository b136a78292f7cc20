/** Whether the sensitivity of attention grows with the length of the sequence (paper C). */
import { z } from 'zod';
import { type BoundValue, bounds } from '../../bounds/index.ts';
import type { Matrix } from '../../bounds/inputs.ts';
import { Random } from '../../testing/random.ts';
import { type Cell, experiment, type Figure, type ResultTable, type Row } from '../experiment.ts';
import { count, numbers, seed } from '../parameters.ts';
import { groupBy, largest, median, numbersIn, quantileOf } from '../statistics.ts';
import { drawWeights, sensitivities } from './attention.ts';

const parameters = z.object({
  seed,
  width: count(2, 256, 16).describe('width of a token'),
  heads: count(1, 64, 2).describe('heads, a divisor of the width'),
  lengths: z
    .array(count(1, 8192, 1))
    .min(1)
    .default([1, 4, 16, 64, 256, 1024])
    .describe('tokens of the sequence'),
  gains: numbers(0, 1000, 0.5, 1, 2).describe('factors on query and key weights: larger ones make attention sharper'),
  radius: z.number().positive().max(1000).default(2).describe('R: no token has a larger ∞-norm'),
  samples: count(1, 10_000, 12).describe('draws of weights and tokens, each with another seed'),
});
type Parameters = z.infer<typeof parameters>;

/** Tokens in the ball of the radius. */
const INPUTS = {
  /** Every number uniform in [−R, R]. */
  uniform: (random: Random, radius: number) => radius * (2 * random.uniform() - 1),
  /** Every number ±R. */
  corners: (random: Random, radius: number) => (random.word() % 2 === 0 ? radius : -radius),
} as const;
type Inputs = keyof typeof INPUTS;

export const lipschitzExperiment = experiment({
  id: 'lipschitz',
  title: 'The sensitivity of attention over the length of the sequence',
  source: {
    reference: 'arXiv 2503.10251 v2, the local Lipschitz bound of attention',
    reported: 'Attention has a local Lipschitz bound that does not depend on the length of the sequence.',
  },
  finding:
    'The bound is one number for every length, 67 to 5000 times the exact local constant. That of a typical output token stays within a tenth from 64 tokens on (gain up to 1); the largest of all tokens, a maximum over ever more of them, still grows, by less than a third from 64 to 1024 tokens.',
  parameters,
  quick: { lengths: [1, 4, 16, 64, 256], samples: 8 },
  columns: [
    { key: 'inputs', kind: 'text', header: 'tokens', meaning: 'uniform: numbers in [−R, R]; corners: each ±R' },
    { key: 'gain', kind: 'number', header: 'gain', meaning: 'factor on query and key weights' },
    { key: 'length', kind: 'integer', header: 'n', unit: 'tokens', meaning: 'tokens of the sequence' },
    { key: 'sample', kind: 'integer', header: 'sample', meaning: 'number of the draw' },
    {
      ...{ key: 'observed', kind: 'number', header: 'L' },
      meaning: '‖J‖∞, the exact local Lipschitz constant in the largest entry of any token',
    },
    { key: 'token', kind: 'number', header: 'median token', meaning: 'median over output tokens of the same of one' },
    { key: 'bound', kind: 'number', header: 'bound', meaning: 'attnLip on the ball of radius R' },
  ],
  cells: (p) =>
    (Object.keys(INPUTS) as Inputs[]).flatMap((inputs) =>
      p.gains.flatMap((gain) =>
        p.lengths.flatMap((length) =>
          Array.from({ length: p.samples }, (_, sample) => ({ inputs, gain, length, sample })),
        ),
      ),
    ),
  run: async (p, cell) => [rowOf(p, cell)],
  tables,
  figures,
});

function rowOf(p: Parameters, cell: Cell): Row {
  const [gain, length, sample] = [Number(cell.gain), Number(cell.length), Number(cell.sample)];
  // The same weights for every length and kind of tokens.
  const weights = drawWeights(p.width, p.heads, gain, p.seed + sample);
  const random = new Random(p.seed + sample, `lipschitz ${cell.inputs}`, length);
  const draw = INPUTS[cell.inputs as Inputs];
  const data = Float64Array.from({ length: length * p.width }, () => draw(random, p.radius));
  const tokens: Matrix = { rows: length, columns: p.width, data };
  const found = sensitivities(tokens, weights);
  return {
    ...cell,
    observed: found.reduce((a, b) => Math.max(a, b)),
    token: median(found),
    bound: numberOf(bounds.get('attnLip').evaluate({ ...shaped(weights), radius: p.radius, tokens: shape(tokens) })),
  };
}

const shape = ({ rows, columns, data }: Matrix) => ({ shape: [rows, columns], data });
const shaped = ({ heads, ...matrices }: ReturnType<typeof drawWeights>) => ({
  heads,
  ...Object.fromEntries(Object.entries(matrices).map(([name, matrix]) => [name, shape(matrix)])),
});

function numberOf(result: BoundValue): number | null {
  return result.valid ? (result.guaranteed as number) : null;
}

function summarise(rows: readonly Row[]): Row[] {
  return groupBy(rows, 'inputs', 'gain', 'length').map(({ key, rows: samples }) => {
    const observed = numbersIn(samples, 'observed');
    const ratios = samples.flatMap((row) => (row.bound === null ? [] : [Number(row.observed) / Number(row.bound)]));
    return {
      ...key,
      q05: quantileOf(observed, 0.05),
      q50: median(observed),
      q95: quantileOf(observed, 0.95),
      token: median(numbersIn(samples, 'token')),
      bound: median(numbersIn(samples, 'bound')),
      ratio: largest(ratios),
    };
  });
}

function tables(rows: readonly Row[]): ResultTable[] {
  return [
    {
      id: 'length',
      title: 'Exact local Lipschitz constant of attention, and its bound, over samples',
      columns: [
        { key: 'inputs', header: 'tokens' },
        { key: 'gain', header: 'gain', form: 'fixed' },
        { key: 'length', header: 'n', form: 'integer' },
        { key: 'q05', header: 'L q05', form: 'fixed' },
        { key: 'q50', header: 'L q50', form: 'fixed' },
        { key: 'q95', header: 'L q95', form: 'fixed' },
        { key: 'token', header: 'median token', form: 'fixed' },
        { key: 'bound', header: 'bound q50', form: 'fixed' },
        { key: 'ratio', header: 'largest L/bound', form: 'scientific' },
      ],
      rows: summarise(rows),
    },
  ];
}

function figures(rows: readonly Row[], { radius }: Parameters): Figure[] {
  const summary = summarise(rows);
  const line = (panel: readonly Row[], name: string, column: string, style?: 'bound') => ({
    ...{ name, ...(style && { style }) },
    points: panel.map((row) => ({ x: Number(row.length), y: Number(row[column]) })),
  });
  return [
    {
      id: 'length',
      title: 'Sensitivity of attention over the length of the sequence',
      caption: `‖J‖∞ over all tokens, exact, quantiles over samples; the median of single output tokens; and the bound attnLip for tokens of ∞-norm at most ${radius}.`,
      x: { label: 'tokens n', scale: 'log' },
      y: { label: 'Lipschitz constant, ∞-norm', scale: 'log' },
      panels: groupBy(summary, 'inputs', 'gain').map(({ key, rows: panel }) => ({
        title: `${key.inputs}, gain ${key.gain}`,
        series: [
          line(panel, 'median', 'q50'),
          line(panel, '5 %', 'q05'),
          line(panel, '95 %', 'q95'),
          line(panel, 'median token', 'token'),
          line(panel, 'bound', 'bound', 'bound'),
        ],
      })),
    },
  ];
}
