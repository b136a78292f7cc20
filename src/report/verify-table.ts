/** The table of a search for counterexamples. */
import { knownRatio } from '../testing/search/known-sharpness.ts';
import type { BoundSummary, Ratios } from '../testing/search/summary.ts';
import type { Column } from './table.ts';

export const verifyColumns: readonly Column<BoundSummary>[] = [
  { key: 'id', header: 'bound', align: 'left', value: ({ id }) => id },
  { key: 'kind', header: 'kind', align: 'left', value: ({ kind }) => kind },
  { key: 'cases', header: 'cases', align: 'right', form: 'integer', value: ({ cases }) => cases },
  { key: 'notValid', header: 'not valid', align: 'right', form: 'integer', value: ({ notValid }) => notValid },
  {
    ...{ key: 'violations', header: 'violations', align: 'right', form: 'integer' },
    value: ({ kind, violations }) => (kind === 'heuristic' ? null : violations),
  },
  {
    ...{ key: 'maxRatio', header: 'largest observed/bound', align: 'right' },
    value: ({ kind, maxRatio }) => (kind === 'heuristic' ? null : maxRatio),
  },
  {
    ...{ key: 'medianRatio', header: 'median', align: 'right' },
    value: ({ kind, medianRatio }) => (kind === 'heuristic' ? null : medianRatio),
  },
  { key: 'knownRatio', header: 'known', align: 'right', value: ({ id }) => knownRatio(id) },
  { key: 'correlation', header: 'rank correlation', align: 'right', value: ({ correlation }) => correlation },
];

/** A bound in one format. */
export interface FormatRow extends Ratios {
  readonly id: string;
  readonly format: string;
}

export const verifyFormatColumns: readonly Column<FormatRow>[] = [
  { key: 'id', header: 'bound', align: 'left', value: ({ id }) => id },
  { key: 'format', header: 'format', align: 'left', value: ({ format }) => format },
  { key: 'cases', header: 'cases', align: 'right', form: 'integer', value: ({ cases }) => cases },
  { key: 'violations', header: 'violations', align: 'right', form: 'integer', value: ({ violations }) => violations },
  { key: 'maxRatio', header: 'largest observed/bound', align: 'right', value: ({ maxRatio }) => maxRatio },
  { key: 'medianRatio', header: 'median', align: 'right', value: ({ medianRatio }) => medianRatio },
];
