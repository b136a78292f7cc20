/** Both rates, defect by defect and difference by difference, and the share that is named by the size of a defect. */
import type { Figure, Point, ResultTable, Row } from '../experiment.ts';
import { groupBy, largest, numbersIn } from '../statistics.ts';

/** A defect counts as one that must be found from this size on, in units of the local bound. */
const LARGE = 10;

const sizeOf = (row: Row): number => Number(row.size);
const isOneUlp = (row: Row): boolean => row.name === 'one ulp';
const rightOf = (rows: readonly Row[]): number => rows.filter((row) => row.right === 1).length;
const shareOf = (part: number, all: number): number | null => (all === 0 ? null : (100 * part) / all);

/** The largest rate at which `failures` or fewer of n have a probability of 5 % (Clopper and Pearson), by bisection. */
function upperRate(failures: number, n: number): number | null {
  if (n === 0) return null;
  const probability = (rate: number): number => {
    let [term, sum] = [(1 - rate) ** n, (1 - rate) ** n];
    for (let k = 1; k <= failures; k++) {
      term *= ((n - k + 1) / k) * (rate / (1 - rate));
      sum += term;
    }
    return sum;
  };
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (probability(middle) > 0.05) low = middle;
    else high = middle;
  }
  return 100 * high;
}

/** Rows of something that was planted, and of pairs that differ honestly. */
function parts(rows: readonly Row[]): { planted: Row[]; honest: Row[] } {
  return {
    planted: rows.filter((row) => row.kind === 'planted' && sizeOf(row) > 0),
    honest: rows.filter((row) => row.kind === 'honest' && row.verdict !== null),
  };
}

export function tables(rows: readonly Row[]): ResultTable[] {
  const { planted, honest } = parts(rows);
  const large = planted.filter((row) => !isOneUlp(row) && sizeOf(row) > LARGE);
  const ulps = planted.filter(isOneUlp);
  const alarms = honest.length - rightOf(honest);
  const rate = (what: string, wanted: string, got: readonly Row[]) => ({
    ...{ what, wanted, cases: got.length, share: shareOf(rightOf(got), got.length) },
    uncertain: upperRate(got.length - rightOf(got), got.length),
  });
  return [
    {
      id: 'rates',
      title: 'Both rates',
      columns: [
        { key: 'what', header: '' },
        { key: 'cases', header: 'cases', form: 'integer' },
        { key: 'share', header: 'observed', unit: '%', form: 'fixed' },
        { key: 'wanted', header: 'wanted' },
        { key: 'uncertain', header: 'rate of failures below, at 95 % confidence', unit: '%', form: 'fixed' },
      ],
      rows: [
        rate(`defects above ${LARGE} times the local bound, named at their tap`, '≥ 95 %', large),
        rate('one ulp where no order matters, named at its tap', '100 %', ulps),
        { ...rate('honest pairs called a defect', '≤ 0.5 %', honest), share: shareOf(alarms, honest.length) },
      ],
    },
    {
      id: 'planted',
      title: 'Planted defects',
      columns: [
        { key: 'name', header: 'defect' },
        { key: 'cases', header: 'planted', form: 'integer' },
        { key: 'large', header: `above ${LARGE} bounds`, form: 'integer' },
        { key: 'largeNamed', header: 'of these named', unit: '%', form: 'fixed' },
        { key: 'smaller', header: `1 to ${LARGE} bounds`, form: 'integer' },
        { key: 'smallerNamed', header: 'of these named', unit: '%', form: 'fixed' },
        { key: 'below', header: 'within the bound', form: 'integer' },
      ],
      rows: groupBy(planted, 'name').map(({ key, rows: all }) => {
        const above = all.filter((row) => sizeOf(row) > LARGE);
        const smaller = all.filter((row) => sizeOf(row) > 1 && sizeOf(row) <= LARGE);
        return {
          ...{ name: key.name, cases: all.length, large: above.length, smaller: smaller.length },
          largeNamed: shareOf(rightOf(above), above.length),
          smallerNamed: shareOf(rightOf(smaller), smaller.length),
          below: all.length - above.length - smaller.length,
        };
      }),
    },
    {
      id: 'honest',
      title: 'Honest differences',
      columns: [
        { key: 'name', header: 'difference' },
        { key: 'cases', header: 'pairs', form: 'integer' },
        { key: 'alarms', header: 'called a defect', form: 'integer' },
        { key: 'nearest', header: 'largest difference', unit: 'bound', form: 'fixed' },
      ],
      rows: groupBy(honest, 'name').map(({ key, rows: all }) => ({
        ...{ name: key.name, cases: all.length, alarms: all.length - rightOf(all) },
        nearest: largest(numbersIn(all, 'nearest')),
      })),
    },
  ];
}

export function figures(rows: readonly Row[]): Figure[] {
  const sized = parts(rows).planted.filter((row) => !isOneUlp(row) && Number.isFinite(sizeOf(row)));
  const bins = groupBy(
    sized.map((row) => ({ ...row, bin: Math.floor(Math.log10(sizeOf(row))) })),
    'bin',
  );
  const points = bins
    .map(({ key, rows: all }): Point => ({ x: 10 ** (Number(key.bin) + 0.5), y: (100 * rightOf(all)) / all.length }))
    .sort((a, b) => a.x - b.x);
  return [
    {
      id: 'size',
      title: 'Defects named at their tap, by size',
      caption: `${sized.length} planted defects, in bins of one decade; dashed: the bound. A defect smaller than the bound may hide behind rounding.`,
      x: { label: 'largest change / local bound', scale: 'log' },
      y: { label: 'named (%)', scale: 'linear' },
      panels: [
        {
          series: [{ name: 'named', points }],
          markers: [{ x: 1, label: '' }],
        },
      ],
    },
  ];
}
