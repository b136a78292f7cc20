/** Tables of the depth experiment. */
import { spearman } from '../../bounds/correlation.ts';
import type { ResultTable, Row } from '../experiment.ts';
import { groupBy, mean, median, numbersIn, valuesOf } from '../statistics.ts';
import { boundRows, byDepth, lastLayer, MEASURES, ofStudy, prescribedRows } from './summaries.ts';
import { partOfLargest, runningMeans, tailIndex } from './tail.ts';

/** The part of the samples, the largest, that the tail index is estimated from. */
const TAIL = 0.02;

/** Factor per layer from one depth to another. */
function growth(rows: readonly Row[], statistic: (values: Float64Array) => number | null, from: number, to: number) {
  const at = (layer: number) =>
    Number(
      statistic(
        numbersIn(
          rows.filter((row) => row.layer === layer),
          'componentwise',
        ),
      ),
    );
  return (at(to) / at(from)) ** (1 / (to - from));
}

function growthRows(rows: readonly Row[]): Row[] {
  const layers = (valuesOf(rows, 'layer') as number[]).sort((a, b) => a - b);
  const [first, middle, last] = [layers[0], layers[Math.floor((layers.length - 1) / 2)], layers[layers.length - 1]];
  if (first === middle || middle === last) return [];
  const prescribed = ofStudy(rows, 'prescribed');
  const least = Math.min(...numbersIn(prescribed, 'condition'));
  const shown = prescribed.filter(({ condition }) => condition === least);
  return groupBy([...ofStudy(rows, 'paper'), ...shown], 'study', 'norm', 'format').map(({ key, rows: samples }) => ({
    ...key,
    weights: key.study === 'paper' ? 'as in the paper' : `σ_max = ${key.norm}, κ = ${least}`,
    meanFirst: growth(samples, mean, first, middle),
    meanLast: growth(samples, mean, middle, last),
    medianFirst: growth(samples, median, first, middle),
    medianLast: growth(samples, median, middle, last),
  }));
}

function tailRows(rows: readonly Row[]): Row[] {
  const paper = ofStudy(rows, 'paper');
  const last = lastLayer(paper);
  return groupBy(
    paper.filter(({ layer }) => layer === last),
    'format',
  ).flatMap(({ key, rows: samples }) =>
    MEASURES.map(([measure, name]) => {
      const values = numbersIn(samples, measure);
      const n = values.length;
      const [hundredth, tenth, all] = runningMeans(values, [Math.ceil(n / 100), Math.ceil(n / 10), n]);
      return {
        ...key,
        measure: name,
        ...{ hundredth, tenth, all },
        median: median(values),
        top: partOfLargest(values, 0.01),
        index: tailIndex(values, Math.ceil(TAIL * n)),
      };
    }),
  );
}

/** Rank correlations of the prescribed study at the last depth; `given`: mean of those within equal values of the other. */
function correlationRows(rows: readonly Row[]): Row[] {
  const prescribed = ofStudy(rows, 'prescribed');
  const last = lastLayer(prescribed);
  const correlation = (samples: readonly Row[], x: string) =>
    spearman([...numbersIn(samples, x)], [...numbersIn(samples, 'normwise')]);
  const within = (samples: readonly Row[], x: string, given: string) => {
    const found = groupBy(samples, given).map((group) => correlation(group.rows, x));
    return mean(found.filter((value) => value !== null));
  };
  return groupBy(
    prescribed.filter(({ layer }) => layer === last),
    'format',
  ).map(({ key, rows: samples }) => ({
    ...key,
    samples: samples.length,
    sigmaMax: correlation(samples, 'sigmaMax'),
    kappa: correlation(samples, 'kappa'),
    sigmaMaxWithin: within(samples, 'sigmaMax', 'condition'),
    kappaWithin: within(samples, 'kappa', 'norm'),
  }));
}

const scientific = (key: string, header: string) => ({ key, header, form: 'scientific' as const });
const fixed = (key: string, header: string) => ({ key, header, form: 'fixed' as const });
const format = { key: 'format', header: 'format' };
const layer = { key: 'layer', header: 'L', form: 'integer' as const };

export function tables(rows: readonly Row[]): ResultTable[] {
  const last = lastLayer(rows);
  const layers = (valuesOf(rows, 'layer') as number[]).sort((a, b) => a - b);
  const middle = layers[Math.floor((layers.length - 1) / 2)];
  const [early, late] = [`${layers[0]} to ${middle}`, `${middle} to ${last}`];
  const conditions = valuesOf(ofStudy(rows, 'prescribed'), 'condition').map(String);
  const all: ResultTable[] = [
    {
      id: 'depth',
      title: 'Largest componentwise relative error max |dᵢ|/|xᵢ| over initialisations, and the normwise one',
      columns: [
        ...[format, layer, scientific('mean', 'mean'), scientific('median', 'median'), scientific('q05', '5 %')],
        ...[scientific('q95', '95 %'), fixed('ratio', 'mean/median'), scientific('normMean', 'mean ‖d‖/‖x‖')],
        scientific('normMedian', 'median ‖d‖/‖x‖'),
      ],
      rows: byDepth(rows),
    },
    {
      id: 'growth',
      title: `Factor per layer by which mean and median of max |dᵢ|/|xᵢ| grow, from L = ${early} and from ${late}`,
      columns: [
        ...[{ key: 'weights', header: 'W_k, W_q' }, format],
        ...[fixed('meanFirst', `mean, ${early}`), fixed('meanLast', `mean, ${late}`)],
        ...[fixed('medianFirst', `median, ${early}`), fixed('medianLast', `median, ${late}`)],
      ],
      rows: growthRows(rows),
    },
    {
      id: 'tail',
      title: `The sample mean at L = ${last}: of a hundredth, a tenth and all of the samples; what the largest 1 % make of it; and the tail index (a mean exists above 1)`,
      columns: [
        ...[format, { key: 'measure', header: 'error' }, scientific('hundredth', 'mean of n/100')],
        ...[scientific('tenth', 'mean of n/10'), scientific('all', 'mean of n'), scientific('median', 'median')],
        ...[fixed('top', 'part of largest 1 %'), fixed('index', 'tail index')],
      ],
      rows: tailRows(rows),
    },
    {
      id: 'correlation',
      title: `Spearman’s correlation of ‖d‖/‖x‖ at L = ${last} with σ_max and κ of WₖᵀW_q`,
      columns: [
        ...[format, { key: 'samples', header: 'samples', form: 'integer' as const }],
        ...[fixed('sigmaMax', 'σ_max'), fixed('kappa', 'κ')],
        ...[fixed('sigmaMaxWithin', 'σ_max at equal κ(W)'), fixed('kappaWithin', 'κ at equal σ_max(W)')],
      ],
      rows: correlationRows(rows),
    },
    {
      id: 'prescribed',
      title: `Median ‖d‖/‖x‖ at L = ${last} for W_k and W_q of given σ_max and κ`,
      columns: [format, fixed('norm', 'σ_max'), ...conditions.map((key) => scientific(key, `κ = ${key}`))],
      rows: prescribedRows(rows),
    },
    {
      id: 'bounds',
      title: 'Bounds beside the error ‖d‖/‖x‖, medians over initialisations; e bounds max |dᵢ|/|xᵢ|',
      columns: [
        ...[format, layer, scientific('normwise', 'observed'), scientific('rootSumSquare', 'root sum square')],
        ...[scientific('triangle', 'triangle'), scientific('certified', 'certified')],
        ...[fixed('bound', 'log₁₀ e'), fixed('conditions', 'log₁₀ ΠK')],
      ],
      rows: boundRows(rows),
    },
  ];
  return all.filter((table) => table.rows.length > 0);
}
