/** LayerNorm against RMSNorm on near-constant rows and under massive outliers (papers B and C). */
import { z } from 'zod';
import { reference, simulate } from '../../analysis/operations.ts';
import { bounds } from '../../bounds/index.ts';
import { lnConditions } from '../../bounds/norms/conditions.ts';
import { parseFormat } from '../../formats/index.ts';
import { type Cell, experiment, type Figure, type ResultTable, type Row } from '../experiment.ts';
import { count, numbers, seed, texts } from '../parameters.ts';
import { groupBy, largest, median, numbersIn } from '../statistics.ts';
import { activations, type Study } from './rows.ts';

const parameters = z.object({
  seed,
  formats: texts('fp16', 'bf16', 'fp32').describe('formats of every operation'),
  order: z.string().default('pairwise').describe('accumulation order of the sums'),
  width: count(4, 65_536, 768).describe('entries of a row'),
  samples: count(1, 10_000, 100).describe('rows of each cell'),
  shifts: numbers(0, 1e6, 0, 1, 3, 10, 30, 100, 300).describe('mean of a row whose entries have the variance 1'),
  outliers: numbers(0.001, 1e6, 1, 10, 30, 100, 300, 1000, 3000).describe('size M of the outlier'),
  backgrounds: numbers(1e-4, 1e3, 0.1, 1).describe('standard deviation B of the other entries'),
  epsilon: z.number().min(0).max(1).default(1e-5).describe('ε of the norms'),
});
type Parameters = z.infer<typeof parameters>;

const NORMS = ['layerNorm', 'rmsNorm'] as const;
type Norm = (typeof NORMS)[number];

export const normsExperiment = experiment({
  id: 'norms',
  title: 'LayerNorm and RMSNorm: near-constant rows and massive outliers',
  source: {
    reference: 'arXiv 2503.10251 v1 (condition numbers), v2 (massive outliers)',
    reported:
      'LayerNorm loses accuracy where entries are near their mean; RMSNorm is unconditionally forward stable (condition number at most 2); under a massive outlier LayerNorm is governed by the background entries, and neither condition number always wins.',
  },
  finding:
    'RMSNorm errs by a few u on every row whose sum of squares does not overflow (it does in fp16), LayerNorm by an error that grows with shift/σ. Under an outlier M over a background B the componentwise condition number of LayerNorm is unbounded while D·B/M is above about 1, and far below the 2 of RMSNorm when it is well under.',
  parameters,
  quick: { samples: 20, width: 256 },
  columns: [
    { key: 'format', kind: 'text', header: 'format', meaning: 'format of every operation' },
    { key: 'study', kind: 'text', header: 'study', meaning: 'shift: level + N(0, 1); outlier: one entry is the level' },
    { key: 'level', kind: 'number', header: 'level', meaning: 'the shift, or the outlier M' },
    { key: 'background', kind: 'number', header: 'B', meaning: 'standard deviation of the other entries' },
    { key: 'norm', kind: 'text', header: 'norm', meaning: 'layerNorm or rmsNorm, γ = 1, no β' },
    { key: 'sample', kind: 'integer', header: 'row', meaning: 'number of the row' },
    { key: 'error2', kind: 'number', header: '‖ŷ−y‖₂/‖y‖₂', unit: 'u', meaning: 'normwise relative error' },
    {
      ...{ key: 'errorC', kind: 'number', header: 'max |ŷᵢ−yᵢ|/|yᵢ|', unit: 'u' },
      meaning: 'componentwise relative error over the background entries',
    },
    {
      ...{ key: 'information', kind: 'number', header: 'error of the deviations', unit: 'u' },
      meaning: 'error of the background entries over the norm of their deviations from their common value',
    },
    { key: 'cond2', kind: 'number', header: 'κ₂', meaning: 'normwise condition number: lnCond2; 1 for rmsNorm' },
    {
      ...{
        key: 'condC',
        kind: 'number',
        header: 'κ_c',
        meaning: 'largest componentwise condition number over the background, from the Jacobian',
      },
    },
    {
      ...{ key: 'ratio', kind: 'number', header: 'observed/bound' },
      meaning: 'largest |ŷᵢ − yᵢ| over lnRound or rmsRound; null where the bound is not valid',
    },
  ],
  cells: (p) =>
    p.formats.flatMap((format) => [
      ...p.shifts.map((level) => ({ format, study: 'shift', level, background: 1 })),
      ...p.backgrounds.flatMap((background) =>
        p.outliers.map((level) => ({ format, study: 'outlier', level, background })),
      ),
    ]),
  run: async (p, cell) => rowsOf(p, cell),
  tables,
  figures,
});

function rowsOf(p: Parameters, cell: Cell): Row[] {
  const { samples, width, epsilon, order } = p;
  const format = parseFormat(String(cell.format));
  const study = cell.study as Study;
  const data = activations(study, Number(cell.level), Number(cell.background), { ...p, format });
  const x = { shape: [samples, width], data };
  const gamma = { shape: [width], data: new Float64Array(width).fill(1) };
  const [rounded, exact] = [simulate(`${format.name}; order=${order}`), reference('float64')];
  return NORMS.flatMap((norm) => {
    const apply = (operations: typeof exact) =>
      norm === 'layerNorm'
        ? operations.layerNorm(x, gamma, undefined, epsilon).data
        : operations.rmsNorm(x, gamma, epsilon).data;
    const [computed, y] = [apply(rounded), apply(exact)];
    return Array.from({ length: samples }, (_, sample) => {
      const span = [sample * width, (sample + 1) * width] as const;
      const row = data.subarray(...span);
      const first = study === 'outlier' ? 1 : 0;
      return {
        ...{ format: format.name, study, level: cell.level, background: cell.background, norm, sample },
        ...errorsOf(computed.subarray(...span), y.subarray(...span), first, format.u),
        ...conditionOf(norm, row, epsilon, first),
        ratio: ratioOf(norm, row, computed.subarray(...span), y.subarray(...span), {
          ...{ format: format.name, order, epsilon, gamma: gamma.data },
        }),
      };
    });
  });
}

function errorsOf(computed: ArrayLike<number>, y: ArrayLike<number>, first: number, u: number) {
  let [square, size, componentwise, background, mean] = [0, 0, 0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    const error = Math.abs(computed[i] - y[i]);
    square += error ** 2;
    size += y[i] ** 2;
    if (i < first) continue;
    background += error ** 2;
    mean += y[i];
    componentwise = Math.max(componentwise, error === 0 ? 0 : error / Math.abs(y[i]));
  }
  mean /= y.length - first;
  let deviations = 0;
  for (let i = first; i < y.length; i++) deviations += (y[i] - mean) ** 2;
  return {
    error2: Math.sqrt(square / size) / u,
    errorC: componentwise / u,
    information: Math.sqrt(background / deviations) / u,
  };
}

function conditionOf(norm: Norm, x: Float64Array, epsilon: number, first: number) {
  if (norm === 'rmsNorm') {
    const bound = bounds.get('rmsCondC').evaluate({ x, epsilon });
    return { cond2: 1, condC: bound.valid ? largestFrom(bound.value as Float64Array, first) : null };
  }
  const bound = bounds.get('lnCond2').evaluate({ x });
  return {
    cond2: bound.valid ? (bound.value as number) : null,
    condC: largestFrom(lnConditions(x, epsilon), first),
  };
}

const largestFrom = (values: Float64Array, first: number): number =>
  values.subarray(first).reduce((most, value) => Math.max(most, value), 0);

function ratioOf(
  norm: Norm,
  x: Float64Array,
  computed: ArrayLike<number>,
  y: ArrayLike<number>,
  inputs: Record<string, unknown>,
): number | null {
  const bound = bounds.get(norm === 'layerNorm' ? 'lnRound' : 'rmsRound').evaluate({ ...inputs, x });
  if (!bound.valid) return null;
  const guaranteed = bound.guaranteed as Float64Array;
  return guaranteed.reduce((most, value, i) => Math.max(most, Math.abs(computed[i] - y[i]) / value), 0);
}

/** Rows of a cell in one: medians over its rows, the largest observed/bound. */
function summarise(rows: readonly Row[], parameters: Parameters): Row[] {
  return groupBy(rows, 'format', 'study', 'level', 'background', 'norm').map(({ key, rows: cell }) => {
    const middle = (column: string) => median(numbersIn(cell, column));
    return {
      ...key,
      crossover: key.study === 'outlier' ? (parameters.width * Number(key.background)) / Number(key.level) : null,
      ...{ error2: middle('error2'), errorC: middle('errorC'), information: middle('information') },
      ...{ cond2: middle('cond2'), condC: middle('condC'), ratio: largest(numbersIn(cell, 'ratio')) },
      invalid: cell.filter((row) => row.ratio === null).length,
    };
  });
}

function tables(rows: readonly Row[], parameters: Parameters): ResultTable[] {
  const summary = summarise(rows, parameters);
  const fixed = { form: 'fixed' } as const;
  const measured = [
    { key: 'error2', header: '‖ŷ−y‖₂/‖y‖₂', unit: 'u', ...fixed },
    { key: 'errorC', header: 'componentwise', unit: 'u', ...fixed },
    { key: 'cond2', header: 'κ₂', ...fixed },
    { key: 'condC', header: 'κ_c', ...fixed },
    { key: 'ratio', header: 'largest observed/bound', ...fixed },
    { key: 'invalid', header: 'rows without a bound', form: 'integer' as const },
  ];
  const names = [
    { key: 'format', header: 'format' },
    { key: 'norm', header: 'norm' },
  ];
  return [
    {
      id: 'shift',
      title: 'Near-constant rows: level + N(0, 1), medians over rows',
      columns: [...names, { key: 'level', header: 'shift', ...fixed }, ...measured],
      rows: summary.filter((row) => row.study === 'shift'),
    },
    {
      id: 'outlier',
      title: 'One outlier M over a background of standard deviation B, medians over rows; background entries only',
      columns: [
        ...names,
        { key: 'background', header: 'B', ...fixed },
        { key: 'level', header: 'M', ...fixed },
        { key: 'crossover', header: 'D·B/M', ...fixed },
        ...measured.slice(0, 2),
        { key: 'information', header: 'error of the deviations', unit: 'u', ...fixed },
        ...measured.slice(2),
      ],
      rows: summary.filter((row) => row.study === 'outlier'),
    },
  ];
}

function figures(rows: readonly Row[], parameters: Parameters): Figure[] {
  const summary = summarise(rows, parameters);
  const points = (chosen: readonly Row[], x: string, y: string) =>
    chosen
      .filter((row) => Number(row[x]) > 0 && Number(row[y]) > 0)
      .map((row) => ({ x: Number(row[x]), y: Number(row[y]) }))
      .sort((a, b) => a.x - b.x);
  const panels = (study: Study, x: string, y: string, name: string) =>
    groupBy(
      summary.filter((row) => row.study === study),
      'format',
      'background',
    ).map(({ key, rows: ofFormat }) => ({
      title: study === 'shift' ? String(key.format) : `${key.format}, B = ${key.background}`,
      series: NORMS.flatMap((norm) => {
        const chosen = ofFormat.filter((row) => row.norm === norm);
        return [
          { name: `${norm}, ${name}`, points: points(chosen, x, y) },
          {
            name: `${norm}, condition number`,
            style: 'bound' as const,
            points: points(chosen, x, study === 'shift' ? 'cond2' : 'condC'),
          },
        ];
      }),
      ...(study === 'outlier' && { markers: [{ x: 1, label: 'D·B/M = 1' }] }),
    }));
  return [
    {
      id: 'shift',
      title: 'Norms of near-constant rows',
      caption: 'Medians over rows. Dashed: normwise condition number, RMS(x)/σ for LayerNorm, 1 for RMSNorm.',
      x: { label: 'shift of a row of variance 1', scale: 'log' },
      y: { label: 'relative error in u, condition number', scale: 'log' },
      panels: panels('shift', 'level', 'error2', 'error'),
    },
    {
      id: 'outlier',
      title: 'Norms under one massive outlier',
      caption:
        'Medians over rows of the largest over the background entries. Dashed: componentwise condition number, at most 2 for RMSNorm.',
      x: { label: 'D·B/M', scale: 'log' },
      y: { label: 'componentwise error in u, condition number', scale: 'log' },
      panels: panels('outlier', 'crossover', 'errorC', 'error'),
    },
  ];
}
