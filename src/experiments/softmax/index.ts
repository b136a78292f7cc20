/** Softmax under attention sinks, with and without shift: errors and their bounds (paper C; Blanchard, Higham and Higham). */
import { z } from 'zod';
import { reference, simulate } from '../../analysis/operations.ts';
import { bounds, type Values } from '../../bounds/index.ts';
import { parseFormat } from '../../formats/index.ts';
import { type Cell, experiment, type Figure, type ResultColumn, type ResultTable, type Row } from '../experiment.ts';
import { count, numbers, seed, texts } from '../parameters.ts';
import { groupBy } from '../statistics.ts';
import { logits, type Study } from './rows.ts';
import { summarise } from './summary.ts';

const parameters = z.object({
  seed,
  formats: texts('fp16', 'bf16', 'fp32').describe('formats of every operation'),
  order: z.string().default('pairwise').describe('accumulation order of the sum'),
  length: count(2, 4096, 256).describe('logits of a row'),
  samples: count(1, 100_000, 500).describe('rows of each cell'),
  ranges: numbers(2 ** -10, 500, 0.5, 1, 2, 4, 8, 16, 32).describe('largest minus smallest logit'),
  sinks: numbers(0.01, 0.999999, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999).describe('probability of the sink'),
});
type Parameters = z.infer<typeof parameters>;

const VARIANTS = ['shifted', 'unshifted'] as const;

export const softmaxExperiment = experiment({
  id: 'softmax',
  title: 'Softmax: range, attention sinks, and the shift by the largest logit',
  source: {
    reference:
      'arXiv 2503.10251 v2 (attention sinks, shift); Blanchard, D. Higham, N. Higham, IMA J. Numer. Anal. 41 (2021), theorems 3.3 and 4.3',
    reported:
      'Shifted and unshifted softmax are about equally accurate; the shifted bound grows with the range of the logits; errors in the 1-norm fall as a sink takes the probability.',
  },
  finding:
    'The error hardly grows with the range, its normwise bound does; where a sink takes the probability, error and 1-norm bound both fall, the bound to what the sum alone may add; unshifted softmax is as accurate until it overflows (fp16: logits above 11.09).',
  parameters,
  quick: { samples: 60, length: 128 },
  columns: [
    { key: 'format', kind: 'text', header: 'format', meaning: 'format of every operation' },
    {
      key: 'study',
      kind: 'text',
      header: 'study',
      meaning: 'range: normal logits stretched; sink: one logit holds most',
    },
    { key: 'level', kind: 'number', header: 'level', meaning: 'range of the logits, or probability of the sink' },
    { key: 'variant', kind: 'text', header: 'variant', meaning: 'shifted by the largest logit, or unshifted' },
    { key: 'sample', kind: 'integer', header: 'row', meaning: 'number of the row' },
    { key: 'pMax', kind: 'number', header: 'p_max', meaning: 'the largest probability' },
    {
      key: 'range',
      kind: 'number',
      header: 'range',
      meaning: 'largest minus smallest logit, after rounding to the format',
    },
    { key: 'errorInf', kind: 'number', header: '‖p̂−p‖∞/‖p‖∞', unit: 'u', meaning: 'normwise relative error' },
    { key: 'errorL1', kind: 'number', header: '‖p̂−p‖₁', unit: 'u', meaning: 'error in the 1-norm' },
    {
      ...{ key: 'boundInf', kind: 'number', header: 'bound of ‖p̂−p‖∞/‖p‖∞', unit: 'u' },
      meaning: 'softmaxShifted, or the largest of softmaxUnshifted over p_max; null where not valid',
    },
    {
      ...{ key: 'boundL1', kind: 'number', header: 'bound of ‖p̂−p‖₁', unit: 'u' },
      meaning: 'softmaxL1, or the sum of softmaxUnshifted; null where not valid',
    },
  ],
  cells: (p) =>
    p.formats.flatMap((format) => [
      ...p.ranges.map((level) => ({ format, study: 'range', level })),
      ...p.sinks.map((level) => ({ format, study: 'sink', level })),
    ]),
  run: async (p, cell) => rowsOf(p, cell),
  tables,
  figures,
});

function rowsOf({ seed: key, samples, length, order }: Parameters, cell: Cell): Row[] {
  const format = parseFormat(String(cell.format));
  const study = cell.study as Study;
  const data = logits(study, Number(cell.level), { seed: key, samples, length, format });
  const x = { shape: [samples, length], data };
  const exact = reference('float64').softmax(x).data;
  return VARIANTS.flatMap((variant) => {
    const computed = simulate(`${format.name}; softmax=${variant}, order=${order}`).softmax(x).data;
    return Array.from({ length: samples }, (_, sample) => {
      const span = [sample * length, (sample + 1) * length] as const;
      const row = data.subarray(...span);
      const errors = errorsOf(exact.subarray(...span), computed.subarray(...span), format.u);
      const range = Math.max(...row) - Math.min(...row);
      return {
        ...{ format: format.name, study, level: cell.level, variant, sample, range },
        ...errors,
        ...boundsOf(variant, { logits: row, format: format.name, order }, errors.pMax, format.u),
      };
    });
  });
}

function errorsOf(p: ArrayLike<number>, computed: ArrayLike<number>, u: number) {
  let [largestError, sum, pMax] = [0, 0, 0];
  for (let j = 0; j < p.length; j++) {
    const error = Math.abs(computed[j] - p[j]);
    // NaN, as where an overflow is divided by itself, stays.
    largestError = Number.isNaN(error) ? error : Math.max(largestError, error);
    sum += error;
    pMax = Math.max(pMax, p[j]);
  }
  return { pMax, errorInf: largestError / pMax / u, errorL1: sum / u };
}

const valuesOfBound = (values: Values) => (typeof values === 'number' ? Float64Array.of(values) : values);

function boundsOf(variant: (typeof VARIANTS)[number], inputs: Record<string, unknown>, pMax: number, u: number) {
  const guaranteed = (id: string): Float64Array | null => {
    const bound = bounds.get(id).evaluate(inputs);
    return bound.valid ? valuesOfBound(bound.guaranteed as Values) : null;
  };
  if (variant === 'shifted') {
    const [normwise, oneNorm] = [guaranteed('softmaxShifted'), guaranteed('softmaxL1')];
    return { boundInf: normwise && normwise[0] / u, boundL1: oneNorm && oneNorm[0] / u };
  }
  const each = guaranteed('softmaxUnshifted');
  return {
    boundInf: each && Math.max(...each) / pMax / u,
    boundL1: each && each.reduce((sum, value) => sum + value, 0) / u,
  };
}

function tables(rows: readonly Row[]): ResultTable[] {
  const columns = [
    { key: 'format', header: 'format' },
    { key: 'variant', header: 'variant' },
    { key: 'errorInfMedian', header: 'median', unit: 'u', form: 'fixed' as const },
    { key: 'errorInfMax', header: 'largest', unit: 'u', form: 'fixed' as const },
    { key: 'boundInf', header: 'bound', unit: 'u', form: 'fixed' as const },
    { key: 'ratioInf', header: 'largest observed/bound', form: 'fixed' as const },
    { key: 'errorL1Median', header: '1-norm, median', unit: 'u', form: 'fixed' as const },
    { key: 'errorL1Max', header: 'largest', unit: 'u', form: 'fixed' as const },
    { key: 'boundL1', header: 'bound', unit: 'u', form: 'fixed' as const },
    { key: 'ratioL1', header: 'largest observed/bound', form: 'fixed' as const },
    { key: 'lost', header: 'rows with NaN', form: 'integer' as const },
  ];
  const study = (name: Study, title: string, level: ResultColumn): ResultTable => ({
    id: name,
    title,
    columns: [columns[0], level, ...columns.slice(1)],
    rows: summarise(rows.filter((row) => row.study === name)).map((row) => ({ ...row, rest: 1 - Number(row.level) })),
  });
  return [
    study('range', 'Error of softmax over the range of its logits', { key: 'level', header: 'range', form: 'fixed' }),
    study('sink', 'Error of softmax over the weight of a sink', {
      key: 'rest',
      header: '1 − p_max',
      form: 'scientific',
    }),
  ];
}

function figures(rows: readonly Row[]): Figure[] {
  const panelsOf = (study: Study, x: (level: number) => number, observed: string, bound: string) =>
    groupBy(summarise(rows.filter((row) => row.study === study)), 'format').map(({ key, rows: ofFormat }) => {
      const points = (variant: string, column: string) =>
        ofFormat
          .filter((row) => row.variant === variant && typeof row[column] === 'number')
          .map((row) => ({ x: x(Number(row.level)), y: Number(row[column]) }));
      return {
        title: String(key.format),
        series: [
          { name: 'shifted, median', points: points('shifted', `${observed}Median`) },
          { name: 'shifted, largest', points: points('shifted', `${observed}Max`) },
          { name: 'unshifted, median', points: points('unshifted', `${observed}Median`) },
          { name: 'bound (shifted)', style: 'bound' as const, points: points('shifted', bound) },
        ],
      };
    });
  return [
    {
      id: 'range',
      title: 'Softmax: error over the range of the logits',
      caption:
        'Normwise relative error in units of the unit roundoff u, over rows; dashed, the bound softmaxShifted (median over rows).',
      x: { label: 'largest minus smallest logit', scale: 'log' },
      y: { label: '‖p̂ − p‖∞ / ‖p‖∞ in u', scale: 'log' },
      panels: panelsOf('range', (level) => level, 'errorInf', 'boundInf'),
    },
    {
      id: 'sink',
      title: 'Softmax: error over the weight of an attention sink',
      caption: 'Error in the 1-norm in units of u, over rows; dashed, the bound softmaxL1 (median over rows).',
      x: { label: '1 − p_max', scale: 'log' },
      y: { label: '‖p̂ − p‖₁ in u', scale: 'log' },
      panels: panelsOf('sink', (level) => 1 - level, 'errorL1', 'boundL1'),
    },
  ];
}
