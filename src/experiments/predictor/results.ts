/** Tables and figures of the predictor experiment. */
import type { Figure, ResultTable, Row } from '../experiment.ts';
import { groupBy, largest, median, quantileOf, valuesOf } from '../statistics.ts';
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

/** Runs that are correlated: a format of a source, and all its formats together, scaled. */
function panelsOf(rows: readonly Row[]): { source: string; format: string; rows: readonly Row[] }[] {
  return groupBy(rows, 'source').flatMap(({ key, rows: ofSource }) => {
    const formats = groupBy(ofSource, 'format').map((group) => ({
      format: String(group.key.format),
      rows: group.rows,
    }));
    const all = formats.length > 1 ? [{ format: 'all, scaled', rows: ofSource }] : [];
    return [...formats, ...all].map((panel) => ({ source: String(key.source), ...panel }));
  });
}

export function tables(rows: readonly Row[], { resamples, seed }: Shown): ResultTable[] {
  const panels = panelsOf(rows);
  const header = { key: 'predictor', header: 'predictor' };
  const measured = (measure: 'pearson' | 'spearman', source: string) => ({
    id: `${measure}-${slug(source)}`,
    title: `${measure === 'pearson' ? 'Pearson’s correlation of the logarithms' : 'Spearman’s rank correlation'} with the observed error, ${source}: value [95 % interval, bootstrap over draws]`,
    columns: [
      header,
      ...panels
        .filter((panel) => panel.source === source)
        .map(({ format, rows: runs }) => {
          return { key: format, header: `${format}, ${runs.length} runs` };
        }),
    ],
    rows: [...HELD, EPS].map(({ key, header: name, unit }) => ({
      predictor: name,
      ...Object.fromEntries(
        panels
          .filter((panel) => panel.source === source)
          .map(({ format, rows: runs }) => {
            const pairs = runs.map((row) => ({
              draw: Number(row.draw),
              predicted: key === 'one' ? Number(row.epsMach) : predicted(row, key, unit),
              observed: Number(row.observed),
            }));
            return [format, text(correlations(pairs, resamples, seed)[measure])];
          }),
      ),
    })),
  });
  return [
    ...valuesOf(rows, 'source').flatMap((source) =>
      (['spearman', 'pearson'] as const).map((measure) => measured(measure, String(source))),
    ),
    {
      id: 'ratio',
      title: 'How many times the observed error the predicted one is',
      columns: [
        { key: 'source', header: 'source' },
        { key: 'format', header: 'format' },
        header,
        { key: 'least', header: 'least', form: 'scientific' },
        { key: 'q50', header: 'median', form: 'scientific' },
        { key: 'largest', header: 'largest', form: 'scientific' },
      ],
      rows: panels
        .filter(({ format }) => format !== 'all, scaled')
        .flatMap(({ source, format, rows: runs }) =>
          HELD.filter(({ key }) => ['first', 'final', 'chain'].includes(key)).map(({ key, header: name, unit }) => {
            const ratios = runs.map((row) => predicted(row, key, unit) / Number(row.observed));
            return {
              ...{ source, format, predictor: name },
              ...{ least: quantileOf(ratios, 0), q50: median(ratios), largest: largest(ratios) },
            };
          }),
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

export function figures(rows: readonly Row[]): Figure[] {
  const shown = HELD.filter(({ key }) => ['first', 'final', 'first_val', 'chain'].includes(key));
  return [false, true].map((scaled) => ({
    id: scaled ? 'collapse' : 'scatter',
    title: scaled
      ? 'Predicted against observed error, scaled by the format’s roundoff'
      : 'Predictor against observed error',
    caption: scaled
      ? 'A point a run: each predictor times ε_mach (the final version times u). Random decoders and checkpoints.'
      : 'A point a run: each predictor as it is, without the format’s roundoff. Random decoders and checkpoints.',
    x: { label: scaled ? 'predicted relative error' : 'predictor', scale: 'log' as const },
    y: { label: 'observed relative error of the logits', scale: 'log' as const },
    panels: shown.map(({ key, header, unit }) => ({
      title: header,
      series: groupBy(rows, 'format').map(({ key: { format }, rows: runs }) => ({
        name: String(format),
        style: 'points' as const,
        points: runs.map((row) => ({
          x: scaled ? predicted(row, key, unit) : Number(row[key]),
          y: Number(row.observed),
        })),
      })),
    })),
  }));
}
