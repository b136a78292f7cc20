/** Tables and figures of the padding experiment. */
import type { Figure, ResultTable, Row } from '../experiment.ts';
import { groupBy } from '../statistics.ts';

/** So many digits that two numbers of float32 look different where they are. */
function digits(value: unknown): string | null {
  return typeof value === 'number' ? value.toPrecision(9) : null;
}

export function tables(rows: readonly Row[]): ResultTable[] {
  const runs = groupBy(rows, 'policy', 'side');
  const listing = runs.map(({ key, rows: taps }): Row => {
    const first = taps.find(({ differing }) => Number(differing) > 0);
    return {
      ...key,
      tap: first?.tap ?? 'none',
      at: first?.at ?? null,
      alone: digits(first?.alone),
      padded: digits(first?.padded),
      taps: `${taps.filter(({ differing }) => Number(differing) > 0).length} of ${taps.length}`,
    };
  });
  const outputs = runs.map(({ key, rows: taps }): Row => {
    const logits = taps.at(-1) as Row;
    return {
      ...key,
      ...{ mean: logits.meanDifference, largest: logits.largestDifference },
      ...{ lossAlone: digits(logits.lossAlone), lossPadded: digits(logits.lossPadded) },
      lossDifference: Number(logits.lossPadded) - Number(logits.lossAlone),
      flips: logits.flips,
    };
  });
  const outliers = rows.filter(({ outliersAlone }) => outliersAlone !== null);
  const run = [
    { key: 'policy', header: 'policy' },
    { key: 'side', header: 'padding' },
  ];
  const scientific = (key: string, header: string) => ({ key, header, form: 'scientific' as const });
  return [
    {
      id: 'listing',
      title: 'The first key and index that differ',
      columns: [
        ...run,
        { key: 'tap', header: 'first key' },
        { key: 'at', header: 'index' },
        { key: 'alone', header: 'alone' },
        { key: 'padded', header: 'padded' },
        { key: 'taps', header: 'keys that differ' },
      ],
      rows: listing,
    },
    {
      id: 'loss',
      title: 'Logits and loss, alone and padded',
      columns: [
        ...run,
        scientific('mean', 'mean |Δ| of logits'),
        scientific('largest', 'largest'),
        { key: 'lossAlone', header: 'loss alone' },
        { key: 'lossPadded', header: 'loss padded' },
        scientific('lossDifference', 'difference'),
        { key: 'flips', header: 'argmax flips', form: 'integer' },
      ],
      rows: outputs,
    },
    ...(outliers.length === 0
      ? []
      : [
          {
            id: 'outliers',
            title: 'Outlier columns of what 8-bit layers read, summed over layers',
            columns: [
              ...run,
              { key: 'kind', header: 'key' },
              { key: 'outliersAlone', header: 'alone', form: 'integer' as const },
              { key: 'outliersPadded', header: 'padded', form: 'integer' as const },
            ],
            rows: groupBy(
              outliers.map((row): Row => ({ ...row, kind: String(row.tap).replace(/^layers\.\d+\./, '') })),
              ...['policy', 'side', 'kind'],
            ).map(({ key, rows: layers }): Row => {
              const sum = (column: string): number => layers.reduce((total, row) => total + Number(row[column]), 0);
              return { ...key, outliersAlone: sum('outliersAlone'), outliersPadded: sum('outliersPadded') };
            }),
          },
        ]),
  ];
}

export function figures(rows: readonly Row[]): Figure[] {
  const streams = rows.filter(({ tap }) => String(tap).endsWith('mlp_residual'));
  const panels = groupBy(streams, 'side').map(({ key, rows: ofSide }) => ({
    title: `padded on the ${key.side}`,
    series: groupBy(ofSide, 'policy')
      .map(({ key: { policy }, rows: layers }) => ({
        name: String(policy),
        points: layers
          .filter(({ meanDifference }) => Number(meanDifference) > 0)
          .map(({ layer, meanDifference }) => ({ x: Number(layer) + 1, y: Number(meanDifference) })),
      }))
      .filter(({ points }) => points.length > 0),
  }));
  if (panels.every(({ series }) => series.length === 0)) return [];
  return [
    {
      id: 'depth',
      title: 'What padding changes in the sequence’s own tokens',
      caption: 'Mean absolute difference of the residual stream after each layer. Policies without any are not drawn.',
      x: { label: 'layer', scale: 'linear' },
      y: { label: 'mean |Δ|', scale: 'log' },
      panels,
    },
  ];
}
