/** Tables and figures of the residual-scale experiment: medians over samples of each token quantile. */
import type { Figure, ResultTable, Row } from '../experiment.ts';
import { groupBy, median, numbersIn, valuesOf } from '../statistics.ts';

interface Shown {
  readonly scales: readonly number[];
}

function summarise(rows: readonly Row[]): Row[] {
  return groupBy(rows, 'stream', 's', 'position').map(({ key, rows: samples }) => ({
    ...key,
    ...Object.fromEntries(
      ['linf_q25', 'linf_q50', 'linf_q75', 'linf_q99', 'comp_q50', 'abs_q50', 'minNorm'].map((column) => [
        column,
        median(numbersIn(samples, column)),
      ]),
    ),
  }));
}

function atTheEnd(rows: readonly Row[]): Row[] {
  const last = rows.reduce((most, row) => Math.max(most, Number(row.position)), 0);
  return rows.filter((row) => row.position === last);
}

export function tables(rows: readonly Row[]): ResultTable[] {
  const summary = atTheEnd(summarise(rows));
  const columns = valuesOf(summary, 's').map((s) => ({
    ...{ key: String(s), header: `s = ${s}`, form: 'fixed' as const },
  }));
  const wide = (column: string) =>
    groupBy(summary, 'stream').map(({ key, rows: scales }) => ({
      stream: key.stream,
      ...Object.fromEntries(scales.map((row) => [String(row.s), row[column]])),
    }));
  const first = { key: 'stream', header: 'std of x₀', form: 'fixed' as const };
  return [
    {
      id: 'final',
      title: 'Relative error after the last half block in u: ‖d‖∞/‖x‖∞, median over tokens and samples',
      columns: [first, ...columns],
      rows: wide('linf_q50'),
    },
    {
      id: 'final-q99',
      title: 'The same, 99 % quantile over tokens',
      columns: [first, ...columns],
      rows: wide('linf_q99'),
    },
    {
      id: 'final-componentwise',
      title: 'Largest componentwise relative error of a token in u, median over tokens and samples',
      columns: [first, ...columns],
      rows: wide('comp_q50'),
    },
  ];
}

export function figures(rows: readonly Row[], { scales }: Shown): Figure[] {
  const summary = summarise(rows);
  const streamTitle = (stream: unknown) => (stream === null ? 'checkpoint' : `std of x₀ ${stream}`);
  const shown = scales.length <= 7 ? scales : scales.filter((_, i) => i % Math.ceil(scales.length / 7) === 0);
  return [
    {
      id: 'scale',
      title: 'Error after the last half block over the scale of the branches',
      caption: 'Median over samples of quantiles over tokens of ‖d‖∞/‖x‖∞.',
      x: { label: 'factor s on the branches', scale: 'log' },
      y: { label: 'relative error in u', scale: 'log' },
      panels: groupBy(atTheEnd(summary), 'stream').map(({ key, rows: ofStream }) => ({
        title: streamTitle(key.stream),
        series: [
          ['median', 'linf_q50'],
          ['25 %', 'linf_q25'],
          ['75 %', 'linf_q75'],
          ['99 %', 'linf_q99'],
        ].map(([name, column]) => ({
          name,
          points: ofStream.map((row) => ({ x: Number(row.s), y: Number(row[column]) })),
        })),
      })),
    },
    {
      id: 'depth',
      title: 'Error through depth',
      caption: 'Median over tokens and samples of ‖d‖∞/‖x‖∞ after each half block, one line a factor s.',
      x: { label: 'half block', scale: 'log' },
      y: { label: 'relative error in u', scale: 'log' },
      panels: groupBy(summary, 'stream').map(({ key, rows: ofStream }) => ({
        title: streamTitle(key.stream),
        series: shown.map((s) => ({
          name: `s = ${s}`,
          points: ofStream
            .filter((row) => row.s === s)
            .map((row) => ({ x: Number(row.position), y: Number(row.linf_q50) })),
        })),
      })),
    },
  ];
}
