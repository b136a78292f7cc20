/** Rounding errors of one sign in attention, and the shift that takes the sign away (arXiv 2510.04212). */
import { z } from 'zod';
import { type Cell, experiment, type Figure, type ResultTable, type Row } from '../experiment.ts';
import { count, numbers, seed } from '../parameters.ts';
import { groupBy, median, numbersIn } from '../statistics.ts';
import { FORMATS, signedErrors, type Variant, variants } from './attention.ts';

const parameters = z.object({
  seed,
  format: z.enum(['bf16', 'fp16']).default('bf16').describe('format of P, V and the product'),
  rows: count(16, 1_000_000, 16_384).describe('rows of attention, one after the other'),
  keys: count(3, 1024, 8).describe('keys of a row: the maxima, and the tail'),
  features: count(1, 256, 32).describe('features of a value; each is a sample of its own'),
  gaps: numbers(0, 60, 6, 8, 10, 12).describe('distance of the tail from the maximum'),
});
type Parameters = z.infer<typeof parameters>;

export const biasedRoundingExperiment = experiment({
  id: 'biased-rounding',
  title: 'Rounding errors of one sign in attention with a repeated maximum',
  source: {
    reference: 'arXiv 2510.04212 (flash attention in bf16)',
    reported:
      'Where the row maximum is repeated, P = 1 several times and values of one sign make the cast of PV to bf16 round one way; the errors add up until training fails. Moving the shift so that P < 1 repairs it.',
  },
  finding:
    'With a repeated maximum the mean error is −0.34u a row once the tail is too small to count for itself, and the drift is linear in the rows. Without the tail, or with values of both signs, it grows like a square root. Moving the shift (to twice a positive maximum, or to 0) takes away 97 % of the bias. A single maximum loses the tail instead: an error of the tail’s own size, of one sign too.',
  parameters,
  quick: { rows: 2048, gaps: [10] },
  columns: [
    { key: 'variant', kind: 'text', header: 'variant', meaning: 'what differs from the failing case' },
    { key: 'gap', kind: 'number', header: 'gap', meaning: 'distance of the tail’s scores from the maximum' },
    { key: 'rows', kind: 'integer', header: 'rows T', meaning: 'rows whose errors are added' },
    { key: 'feature', kind: 'integer', header: 'feature', meaning: 'of the value' },
    { key: 'drift', kind: 'number', header: 'Σ (ô − o)/|o|', unit: 'u', meaning: 'sum of the signed relative errors' },
  ],
  cells: (p) => variants.flatMap((variant) => p.gaps.map((gap) => ({ variant, gap }))),
  run: async (p, cell) => driftRows(p, cell),
  tables,
  figures,
});

/** The sums after 1, 2, 4 … rows and after all. */
function driftRows({ format, gaps: _, ...options }: Parameters, cell: Cell): Row[] {
  const { rows, features } = options;
  const errors = signedErrors(cell.variant as Variant, { ...options, format: FORMATS[format], gap: Number(cell.gap) });
  const sums = new Float64Array(features);
  const found: Row[] = [];
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < features; j++) sums[j] += errors[r * features + j];
    const added = r + 1;
    if ((added & r) !== 0 && added !== rows) continue;
    for (let j = 0; j < features; j++) found.push({ ...cell, rows: added, feature: j, drift: sums[j] });
  }
  return found;
}

/** By variant, gap and T: median |drift| over features, and the mean error of a row. */
function summarise(rows: readonly Row[]): Row[] {
  return groupBy(rows, 'variant', 'gap', 'rows').map(({ key, rows: samples }) => {
    const drifts = numbersIn(samples, 'drift');
    return {
      ...key,
      drift: median(drifts.map(Math.abs)),
      bias: drifts.reduce((sum, x) => sum + x, 0) / drifts.length / Number(key.rows),
    };
  });
}

/** The exponent of T by which the median drift grows, over the later half of its decades. */
function exponent(points: readonly Row[]): number | null {
  const last = points[points.length - 1];
  const first = points.find(({ rows }) => Number(rows) ** 2 >= Number(last.rows));
  if (first === undefined || first === last) return null;
  return Math.log(Number(last.drift) / Number(first.drift)) / Math.log(Number(last.rows) / Number(first.rows));
}

function tables(rows: readonly Row[]): ResultTable[] {
  return [
    {
      id: 'bias',
      title:
        'Mean signed error of a row in u, and the exponent of T in the drift |Σ errors| of T rows (½: random signs, 1: one sign)',
      columns: [
        { key: 'variant', header: 'variant' },
        { key: 'gap', header: 'gap', form: 'fixed' },
        { key: 'bias', header: 'mean error', unit: 'u', form: 'fixed' },
        { key: 'rows', header: 'T', form: 'integer' },
        { key: 'drift', header: 'median drift', unit: 'u', form: 'fixed' },
        { key: 'exponent', header: 'exponent', form: 'fixed' },
      ],
      rows: groupBy(summarise(rows), 'variant', 'gap').map(({ rows: points }) => ({
        ...points[points.length - 1],
        exponent: exponent(points),
      })),
    },
  ];
}

function figures(rows: readonly Row[]): Figure[] {
  return [
    {
      id: 'drift',
      title: 'Drift of signed rounding errors',
      caption:
        'Median over features of |Σ (ô − o)/|o|| of the first T rows. Errors of random signs give a line of slope ½, errors of one sign of slope 1.',
      x: { label: 'rows T', scale: 'log' },
      y: { label: 'drift in u', scale: 'log' },
      panels: groupBy(summarise(rows), 'gap').map(({ key, rows: ofGap }) => ({
        title: `tail ${key.gap} below the maximum`,
        series: groupBy(ofGap, 'variant').map(({ key: { variant }, rows: points }) => ({
          name: String(variant),
          points: points.map((row) => ({ x: Number(row.rows), y: Number(row.drift) })),
        })),
      })),
    },
  ];
}
