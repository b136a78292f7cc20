/** Tables and figures of the predictor experiment. */
import type { Figure, FigurePanel, ResultTable, Row } from '../experiment.ts';
import { groupBy, largest, median, quantileOf } from '../statistics.ts';
import { correlations, type Interval } from './correlate.ts';
import { predictors } from './predictors.ts';

interface Shown {
  readonly resamples: number;
  readonly seed: number;
}

/** What is held against the observed error. */
const HELD = [
  ...predictors.map(({ key, header, unit }) => ({ key, header, unit })),
  { key: 'chain', header: 'first-order bound', unit: 'eps_mach' },
] as const;

/** A number in units of ε_mach or u, as the prediction that it is. */
const predicted = (row: Row, key: string, unit: 'eps_mach' | 'u'): number =>
  Number(row[key]) * (unit === 'u' ? 0.5 : 1) * Number(row.epsMach);

const signed = (x: number) => x.toFixed(2).replace('-', '−');
const text = (found: Interval | null): string | null =>
  found === null ? null : `${signed(found.value)} [${signed(found.low)}, ${signed(found.high)}]`;

/** Runs that are correlated: each format’s, and those of all formats, scaled. */
function panelsOf(rows: readonly Row[]): { format: string; rows: readonly Row[] }[] {
  const formats = groupBy(rows, 'format').map(({ key, rows: runs }) => ({ format: String(key.format), rows: runs }));
  return formats.length > 1 ? [...formats, { format: 'all, scaled', rows }] : formats;
}

/** The correlations of every predictor in every panel of a source, which both measures' tables show. */
function correlationTables(source: string, rows: readonly Row[], { resamples, seed }: Shown): ResultTable[] {
  const panels = panelsOf(rows);
  const found = [...HELD, EPS].map(({ key, header, unit }) => ({
    predictor: header,
    panels: panels.map(({ format, rows: runs }) => {
      const pairs = runs.map((row) => ({
        draw: Number(row.draw),
        predicted: key === 'one' ? Number(row.epsMach) : predicted(row, key, unit),
        observed: Number(row.observed),
      }));
      return { format, ...correlations(pairs, resamples, seed) };
    }),
  }));
  const titles = {
    spearman: 'Spearman’s rank correlation',
    pearson: 'Pearson’s correlation of the logarithms',
  };
  return (['spearman', 'pearson'] as const).map((measure) => ({
    id: `${measure}-${slug(source)}`,
    title: `${titles[measure]} with the observed error, ${source}: value [95 % interval, bootstrap over draws]`,
    columns: [
      { key: 'predictor', header: 'predictor' },
      ...panels.map(({ format, rows: runs }) => ({ key: format, header: `${format}, ${runs.length} runs` })),
    ],
    rows: found.map(({ predictor, panels: of }) => ({
      predictor,
      ...Object.fromEntries(of.map((panel) => [panel.format, text(panel[measure])])),
    })),
  }));
}

export function tables(rows: readonly Row[], shown: Shown): ResultTable[] {
  const bySource = groupBy(rows, 'source').map(({ key, rows: runs }) => ({ source: String(key.source), runs }));
  return [
    ...bySource.flatMap(({ source, runs }) => correlationTables(source, runs, shown)),
    {
      id: 'ratio',
      title: 'How many times the observed error the predicted one is',
      columns: [
        { key: 'source', header: 'source' },
        { key: 'format', header: 'format' },
        { key: 'predictor', header: 'predictor' },
        { key: 'least', header: 'least', form: 'scientific' },
        { key: 'q50', header: 'median', form: 'scientific' },
        { key: 'largest', header: 'largest', form: 'scientific' },
      ],
      rows: bySource.flatMap(({ source, runs: all }) =>
        groupBy(all, 'format').flatMap(({ key: { format }, rows: runs }) =>
          HELD.filter(({ key }) => ['first', 'final', 'chain'].includes(key)).map(({ key, header, unit }) => {
            const ratios = runs.map((row) => predicted(row, key, unit) / Number(row.observed));
            return {
              ...{ source, format, predictor: header },
              ...{ least: quantileOf(ratios, 0), q50: median(ratios), largest: largest(ratios) },
            };
          }),
        ),
      ),
    },
  ];
}

/** A predictor that knows nothing but the format. */
const EPS = { key: 'one', header: 'ε_mach alone', unit: 'eps_mach' } as const;

const slug = (source: string) =>
  source
    .replace(/[/\\]+$/, '')
    .replace(/^.*[/\\]/, '')
    .replace(/[^\w-]+/g, '-') || 'checkpoint';

/** One panel a predictor, one series a format; the axes are shared. */
function panels(rows: readonly Row[], keys: readonly string[], scaled: boolean, prefix = ''): FigurePanel[] {
  return HELD.filter(({ key }) => keys.includes(key)).map(({ key, header, unit }) => ({
    title: prefix + header,
    series: groupBy(rows, 'format').map(({ key: { format }, rows: runs }) => ({
      name: String(format),
      style: 'points' as const,
      points: runs.map((row) => ({
        x: scaled ? predicted(row, key, unit) : Number(row[key]),
        y: Number(row.observed),
      })),
    })),
  }));
}

export function figures(rows: readonly Row[]): Figure[] {
  const own = rows.filter(({ source }) => source === 'random');
  const trained = groupBy(
    rows.filter(({ source }) => source !== 'random'),
    'source',
  );
  const y = { label: 'observed relative error of the logits', scale: 'log' as const };
  const times = 'times ε_mach, the final version times u';
  const drawn = (id: string, title: string, caption: string, scaled: boolean, shown: FigurePanel[]): Figure => ({
    ...{ id, title, caption, y },
    x: { label: scaled ? 'predicted relative error' : 'predictor', scale: 'log' },
    panels: shown,
  });
  const shown = ['first', 'first_attention', 'first_val', 'final', 'final_untransported', 'kappa_v'];
  const found = [
    drawn(
      'scatter',
      'Predictors against the observed error of random decoders',
      'A point a run: each predictor as it is, without the format’s roundoff.',
      false,
      panels(own, shown, false),
    ),
    drawn(
      'collapse',
      'Predicted against observed error of random decoders, scaled by the format’s roundoff',
      `A point a run: each predictor ${times}.`,
      true,
      panels(own, shown, true),
    ),
    drawn(
      'bound',
      'First-order bound against the observed error of random decoders',
      'A point a run. Operation by operation, magnitudes forget every cancellation.',
      true,
      panels(own, ['chain'], true),
    ),
    drawn(
      'checkpoints',
      'Predicted against observed error of checkpoints on random tokens',
      `A point an input: each predictor ${times}.`,
      true,
      trained.flatMap(({ key, rows: runs }) => panels(runs, ['first', 'final'], true, `${slug(String(key.source))}: `)),
    ),
  ];
  return found.filter(({ panels: filled }) => filled.some(({ series }) => series.length > 0));
}
