/** Figures of the depth experiment. */
import type { Figure, FigurePanel, Point, Row } from '../experiment.ts';
import { groupBy, median, numbersIn, valuesOf } from '../statistics.ts';
import { boundRows, byDepth, lastLayer, MEASURES, ofStudy, prescribedRows } from './summaries.ts';
import { runningMeans } from './tail.ts';

const points = (rows: readonly Row[], x: string, y: string): Point[] =>
  rows.flatMap((row) => (typeof row[y] === 'number' ? [{ x: Number(row[x]), y: Number(row[y]) }] : []));

export function figures(rows: readonly Row[]): Figure[] {
  const all = [depth(rows), tail(rows), running(rows), prescribed(rows), bounds(rows), recursion(rows)];
  return all.filter(({ panels }) => panels.some(({ series }) => series.some((line) => line.points.length > 0)));
}

function depth(rows: readonly Row[]): Figure {
  const lines = [
    ['mean', 'mean'],
    ['median', 'median'],
    ['5 %', 'q05'],
    ['95 %', 'q95'],
    ['median ‖d‖/‖x‖', 'normMedian'],
  ];
  return {
    id: 'depth',
    title: 'Relative error through depth',
    caption: 'Largest componentwise relative error over initialisations as in the paper, and the median normwise one.',
    x: { label: 'layers L', scale: 'linear' },
    y: { label: 'max |dᵢ|/|xᵢ|', scale: 'log' },
    panels: groupBy(byDepth(rows), 'format').map(({ key, rows: ofFormat }) => ({
      title: String(key.format),
      series: lines.map(([name, column]) => ({ name, points: points(ofFormat, 'layer', column) })),
    })),
  };
}

/** The last depth of the paper's samples, a panel for each measure. */
function byMeasure(rows: readonly Row[], of: (values: Float64Array) => Point[]): FigurePanel[] {
  const paper = ofStudy(rows, 'paper');
  const last = lastLayer(paper);
  const formats = groupBy(
    paper.filter(({ layer }) => layer === last),
    'format',
  );
  return MEASURES.map(([measure, title]) => ({
    title,
    series: formats.map(({ key, rows: samples }) => ({
      name: String(key.format),
      points: of(numbersIn(samples, measure)),
    })),
  }));
}

/** As many of n as a curve needs: at most a dozen a decade. */
function counts(n: number): number[] {
  const steps = Array.from({ length: 200 }, (_, i) => Math.round(10 ** (i / 12))).filter((count) => count < n);
  return [...new Set([...steps, n])];
}

function tail(rows: readonly Row[]): Figure {
  const survival = byMeasure(rows, (values) => {
    const sorted = Float64Array.from(values.filter((x) => x > 0))
      .sort()
      .reverse();
    if (sorted.length === 0) return [];
    return counts(sorted.length).map((k) => ({ x: sorted[k - 1], y: k / values.length }));
  });
  return {
    id: 'tail',
    title: 'How many initialisations have an error above t',
    caption:
      'Last depth. Dashed: a fall like 1/t, for which no mean exists, from the 90 % quantile of the last format on. Both componentwise errors fall like that.',
    x: { label: 't', scale: 'log' },
    y: { label: 'part of the samples', scale: 'log' },
    panels: survival.map((panel) => {
      const last = panel.series[panel.series.length - 1]?.points ?? [];
      const start = last.find(({ y }) => y >= 0.1);
      const most = last[0];
      const guide = start === undefined ? [] : [start.y, most.y].map((y) => ({ x: (start.x * start.y) / y, y }));
      return { ...panel, series: [...panel.series, { name: '1/t', style: 'bound' as const, points: guide }] };
    }),
  };
}

function running(rows: readonly Row[]): Figure {
  return {
    id: 'mean',
    title: 'The sample mean against the number of samples',
    caption: 'Last depth, the mean of the first n samples over the median of all.',
    x: { label: 'samples n', scale: 'log' },
    y: { label: 'mean / median', scale: 'log' },
    panels: byMeasure(rows, (values) => {
      const middle = Number(median(values));
      const at = counts(values.length);
      return runningMeans(values, at).map((average, i) => ({ x: at[i], y: average / middle }));
    }),
  };
}

function prescribed(rows: readonly Row[]): Figure {
  const conditions = valuesOf(ofStudy(rows, 'prescribed'), 'condition');
  return {
    id: 'prescribed',
    title: 'Error for score matrices of given spectra',
    caption: 'Median ‖d‖/‖x‖ at the last depth over κ of W_k and W_q, one line for each σ_max of them.',
    x: { label: 'κ', scale: 'log' },
    y: { label: '‖d‖/‖x‖', scale: 'log' },
    panels: groupBy(prescribedRows(rows), 'format').map(({ key, rows: ofFormat }) => ({
      title: String(key.format),
      series: ofFormat.map((row) => ({
        name: `σ_max = ${row.norm}`,
        points: conditions.map((condition) => ({ x: Number(condition), y: Number(row[String(condition)]) })),
      })),
    })),
  };
}

/** A panel for each format, a line for each name and column. */
function overDepth(
  summary: readonly Row[],
  lines: readonly (readonly [string, string])[],
  bound: string,
): FigurePanel[] {
  return groupBy(summary, 'format').map(({ key, rows: ofFormat }) => ({
    title: String(key.format),
    series: lines.map(([name, column]) => ({
      name,
      ...(column === bound && { style: 'bound' as const }),
      points: points(ofFormat, 'layer', column),
    })),
  }));
}

function bounds(rows: readonly Row[]): Figure {
  const lines = [
    ['observed', 'normwise'],
    ['root sum square', 'rootSumSquare'],
    ['triangle', 'triangle'],
    ['certified', 'certified'],
  ] as const;
  return {
    id: 'bounds',
    title: 'Estimates and bounds through depth',
    caption: '‖d‖/‖x‖, medians over initialisations. Root sum square is an estimate, triangle a bound to first order.',
    x: { label: 'layers L', scale: 'linear' },
    y: { label: '‖d‖/‖x‖', scale: 'log' },
    panels: overDepth(boundRows(rows), lines, 'certified'),
  };
}

/** In logarithms, since the bound leaves every axis. */
function recursion(rows: readonly Row[]): Figure {
  const summary = boundRows(rows).map((row) => ({
    ...row,
    normwise: typeof row.normwise === 'number' ? Math.log10(row.normwise) : null,
  }));
  const lines = [
    ['observed ‖d‖/‖x‖', 'normwise'],
    ['bound e ← K·e + h', 'bound'],
  ] as const;
  return {
    id: 'recursion',
    title: 'The bound by condition numbers through depth',
    caption: 'log₁₀, medians over initialisations. e bounds the componentwise relative error, and with it ‖d‖/‖x‖.',
    x: { label: 'layers L', scale: 'linear' },
    y: { label: 'log₁₀ of the relative error', scale: 'linear' },
    panels: overDepth(summary, lines, 'bound'),
  };
}
