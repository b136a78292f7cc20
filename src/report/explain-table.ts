/** An explanation as columns and sentences. */
import type { ExplainedTap, Explanation, LocalCheck, SideName } from '../analysis/traces/explain/result.ts';
import { shortNumber } from './numbers.ts';
import type { SummaryLine } from './summary.ts';
import type { Column } from './table.ts';

type ExplainColumn = Column<ExplainedTap>;

/** `bits`: every number is known, and is that; otherwise the largest local difference in units of the bound. */
function boundText(check: LocalCheck | undefined): string | null {
  if (check === undefined) return null;
  if (check.entries === check.unknown) return 'unknown';
  if (check.orderFree) return check.beyond === 0 ? 'bits' : 'other bits';
  return shortNumber(check.boundRatio, 'fixed');
}

const sideColumns = (side: SideName): ExplainColumn[] => [
  { key: `bound${side}`, header: `${side} / bound`, align: 'right', value: (tap) => boundText(tap[side]) },
  {
    ...{ key: `expected${side}`, header: `${side} / expected`, align: 'right', form: 'fixed' },
    value: (tap) => tap[side]?.expectedRatio ?? null,
  },
  {
    ...{ key: `beyond${side}`, header: `${side} beyond`, align: 'right', form: 'integer' },
    value: (tap) => tap[side]?.beyond ?? null,
  },
];

const splitColumn = (key: 'difference' | 'inherited' | 'addedA' | 'addedB', header: string): ExplainColumn => ({
  ...{ key, header, align: 'right' },
  value: ({ split }) => split?.[key] ?? null,
});

export const explainColumns: readonly ExplainColumn[] = [
  { key: 'tap', header: 'tap', align: 'left', value: ({ tap }) => tap },
  splitColumn('difference', '‖A − B‖'),
  splitColumn('inherited', 'inherited'),
  splitColumn('addedA', 'A added'),
  splitColumn('addedB', 'B added'),
  ...sideColumns('A'),
  ...sideColumns('B'),
];

/** The lines over the table: the answer, and what it stands on. */
export function explainSummary({ verdict, tap, side, evidence, sides }: Explanation): readonly SummaryLine[] {
  const about = (name: SideName): SummaryLine => {
    const { source, producer, policy, embeddingChecked } = sides[name];
    const unchecked = embeddingChecked ? '' : '; its tokens are not known, so that the embedding is not checked';
    return { label: name, text: `${source} (${producer}, ${policy})${unchecked}` };
  };
  const where = verdict === 'bug' ? ` at ${tap} in ${side === 'both' ? 'both' : side}` : '';
  return [
    about('A'),
    about('B'),
    { label: `verdict`, text: `${verdict}${where}` },
    { label: 'evidence', text: evidence },
  ];
}
