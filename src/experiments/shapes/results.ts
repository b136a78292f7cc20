/** Tables and figures of the shapes experiment. */
import type { Figure, ResultTable, Row } from '../experiment.ts';
import { groupBy, median, numbersIn } from '../statistics.ts';

const lastOf = (rows: readonly Row[]): Row => rows.reduce((a, b) => (Number(b.layer) > Number(a.layer) ? b : a));
/** Kernels chosen by shape, and nothing done about it. */
const isShaped = (policy: unknown): boolean => /kernels=shaped$/.test(String(policy));
const residualText = (residual: unknown): string => (residual === 1 ? 'with residual' : 'without residual');

/**
 * a of mean |Δ| ∝ layer^a, by least squares of logarithms from the second layer on (½: independent, 1: linear); null where
 * fewer than three layers differ.
 */
export function exponentOf(rows: readonly Row[]): number | null {
  const points = rows
    .filter(({ layer, difference }) => Number(layer) >= 2 && Number(difference) > 0)
    .map(({ layer, difference }) => [Math.log(Number(layer)), Math.log(Number(difference))]);
  if (points.length < 3) return null;
  const mean = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return covariance / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

export function tables(rows: readonly Row[]): ResultTable[] {
  const alone = groupBy(
    rows.filter(({ study }) => study === 'alone'),
    ...['policy', 'residual', 'rows'],
  ).map(({ key, rows: layers }): Row => {
    const last = lastOf(layers);
    return {
      ...key,
      residual: residualText(key.residual),
      kernels: last.kernels,
      first: layers[0].difference,
      last: last.difference,
      relative: Number(last.difference) / Number(last.size),
      error: last.error,
      exponent: exponentOf(layers),
      gain: median(numbersIn(layers, 'gain')),
      cosine: median(numbersIn(layers, 'cosine')),
      flips: last.flips,
    };
  });
  const generated = groupBy(
    rows.filter(({ study }) => study === 'generated'),
    'policy',
  ).map(({ key, rows: taps }): Row => {
    const layers = taps.filter(({ layer }) => layer !== null);
    const logits = taps.find(({ layer }) => layer === null) as Row;
    const last = lastOf(layers);
    return {
      ...key,
      kernels: logits.kernels,
      first: layers[0].difference,
      last: last.difference,
      relative: Number(last.difference) / Number(last.size),
      logits: logits.difference,
      error: logits.error,
      flips: logits.flips,
    };
  });
  const most = alone.reduce((largest, row) => Math.max(largest, Number(row.rows)), 0);
  const scientific = (key: string, header: string) => ({ key, header, form: 'scientific' as const });
  const fixed = (key: string, header: string) => ({ key, header, form: 'fixed' as const });
  return [
    {
      id: 'alone',
      title: `A token alone against the same token among ${most}: mean absolute difference`,
      columns: [
        { key: 'policy', header: 'policy' },
        { key: 'residual', header: 'network' },
        { key: 'kernels', header: 'orders, alone and in the batch' },
        scientific('first', 'after layer 1'),
        scientific('last', 'after the last'),
        scientific('relative', 'of mean |x|'),
        scientific('error', 'error of the token alone'),
        fixed('exponent', 'exponent'),
        fixed('gain', 'gain of a block'),
        fixed('cosine', 'cosine'),
        fixed('flips', 'argmax flips'),
      ],
      rows: alone.filter((row) => row.rows === most),
    },
    {
      id: 'batches',
      title: 'The same over the size of the batch, kernels chosen by shape, with residual',
      columns: [
        { key: 'policy', header: 'policy' },
        { key: 'rows', header: 'rows', form: 'integer' },
        { key: 'kernels', header: 'orders, alone and in the batch' },
        scientific('first', 'after layer 1'),
        scientific('last', 'after the last'),
        fixed('exponent', 'exponent'),
      ],
      rows: alone.filter(({ policy, residual }) => isShaped(policy) && residual === residualText(1)),
    },
    {
      id: 'generated',
      title: 'Token by token from a key-value cache against one run: mean absolute difference',
      columns: [
        { key: 'policy', header: 'policy' },
        { key: 'kernels', header: 'orders, of one row and of all' },
        scientific('first', 'after layer 1'),
        scientific('last', 'after the last'),
        scientific('relative', 'of mean |x|'),
        scientific('logits', 'logits'),
        scientific('error', 'error of the logits'),
        fixed('flips', 'argmax flips'),
      ],
      rows: generated,
    },
  ];
}

export function figures(rows: readonly Row[]): Figure[] {
  const pointsOf = (layers: readonly Row[]) =>
    layers
      .filter(({ layer, difference }) => layer !== null && Number(difference) > 0)
      .map(({ layer, difference }) => ({ x: Number(layer), y: Number(difference) }));
  const base = (policy: unknown): string => String(policy).split(';')[0];
  const alone = rows.filter(({ study }) => study === 'alone');
  const most = alone.reduce((largest, row) => Math.max(largest, Number(row.rows)), 0);
  const shaped = alone.filter(({ policy }) => isShaped(policy));
  const panelsBy = (of: readonly Row[], series: string, nameOf: (value: unknown) => string) => {
    const panels = groupBy(
      of.map((row): Row => ({ ...row, base: base(row.policy) })),
      ...['base', 'residual'],
    );
    return panels.map(({ key, rows: ofPanel }) => ({
      title: key.residual === null ? String(key.base) : `${key.base}, ${residualText(key.residual)}`,
      series: groupBy(ofPanel, series)
        .map(({ key: { [series]: value }, rows: layers }) => ({ name: nameOf(value), points: pointsOf(layers) }))
        .filter(({ points }) => points.length > 0),
    }));
  };
  const common = {
    x: { label: 'layer', scale: 'log' as const },
    y: { label: 'mean |Δ|', scale: 'log' as const },
  };
  const nameOfPolicy = (policy: unknown): string => String(policy).split('; ').slice(1).join('; ') || 'invariant';
  const drawn: Figure[] = [
    {
      ...common,
      id: 'batches',
      title: 'A token alone against the same token in a batch',
      caption: 'Mean absolute difference after each layer, kernels chosen by shape; a line for each size of the batch.',
      panels: panelsBy(shaped, 'rows', (value) => `${value} rows`),
    },
    {
      ...common,
      id: 'policies',
      title: `A token alone against the same token among ${most}`,
      caption:
        'Mean absolute difference after each layer. Where there is none, nothing is drawn: invariant kernels make none.',
      panels: panelsBy(
        alone.filter((row) => row.rows === most),
        'policy',
        nameOfPolicy,
      ),
    },
    {
      ...common,
      id: 'generated',
      title: 'Token by token from a key-value cache against one run',
      caption: 'Mean absolute difference of the generated tokens after each layer; invariant kernels make none.',
      panels: panelsBy(
        rows.filter(({ study }) => study === 'generated'),
        'policy',
        nameOfPolicy,
      ),
    },
  ];
  return drawn.filter(({ panels }) => panels.some(({ series }) => series.length > 0));
}
