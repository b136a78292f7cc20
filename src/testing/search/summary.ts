/** What the units of a search say together. */
import { spearman } from '../../bounds/correlation.ts';
import type { Bound } from '../../bounds/index.ts';
import type { FormatResult, UnitResult, WorstCase } from './unit.ts';

export interface Ratios {
  readonly cases: number;
  readonly notValid: number;
  readonly violations: number;
  /** The largest observed/bound; null without a case. */
  readonly maxRatio: number | null;
  /** Of the drawn cases, to three significant digits. */
  readonly medianRatio: number | null;
}

export interface BoundSummary extends Ratios {
  readonly id: string;
  readonly kind: Bound['kind'];
  readonly formats: Readonly<Record<string, Ratios>>;
  /** The case of the largest ratio. */
  readonly worst: WorstCase | null;
  /** Above the bound, simplified. */
  readonly counterexample: WorstCase | null;
  /** Spearman's rank correlation of a heuristic with the observed error. */
  readonly correlation: number | null;
}

/** Whether something that is claimed always to hold did not. */
export function failed({ kind, violations }: Pick<BoundSummary, 'kind' | 'violations'>): boolean {
  return violations > 0 && (kind === 'rigorous' || kind === 'first-order');
}

/** Units of one bound, in any order. */
export function summarize({ id, kind }: Pick<Bound, 'id' | 'kind'>, units: readonly UnitResult[]): BoundSummary {
  const sorted = [...units].sort((a, b) => a.unit - b.unit);
  const names = [...new Set(sorted.flatMap((unit) => Object.keys(unit.formats)))];
  const all = sorted.flatMap((unit) => Object.values(unit.formats));
  const pairs = sorted.flatMap((unit) => unit.pairs ?? []);
  const counterexamples = sorted.flatMap(({ counterexample }) =>
    counterexample === undefined ? [] : [counterexample],
  );
  return {
    ...{ id, kind },
    ...ratiosOf(all),
    formats: Object.fromEntries(
      names.map((name) => [name, ratiosOf(sorted.flatMap((unit) => unit.formats[name] ?? []))]),
    ),
    worst: worstOf(all.flatMap(({ worst }) => worst ?? [])),
    // The first is as good as any; a smaller one is easier to read.
    counterexample: counterexamples.sort((a, b) => sizeOf(a) - sizeOf(b))[0] ?? null,
    correlation:
      kind === 'heuristic'
        ? spearman(
            pairs.map(([value]) => value),
            pairs.map(([, observed]) => observed),
          )
        : null,
  };
}

const sizeOf = (worst: WorstCase): number => JSON.stringify(worst.case.arrays).length;

function worstOf(cases: readonly WorstCase[]): WorstCase | null {
  return cases.reduce<WorstCase | null>((a, b) => (a === null || b.ratio > a.ratio ? b : a), null);
}

function ratiosOf(results: readonly FormatResult[]): Ratios {
  const sum = (of: (result: FormatResult) => number): number => results.reduce((total, r) => total + of(r), 0);
  return {
    cases: sum(({ cases }) => cases),
    notValid: sum(({ notValid }) => notValid),
    violations: sum(({ violations }) => violations),
    maxRatio: worstOf(results.flatMap(({ worst }) => worst ?? []))?.ratio ?? null,
    medianRatio: medianOf(results),
  };
}

/** The lower median of counted values. */
function medianOf(results: readonly FormatResult[]): number | null {
  const counts = new Map<number, number>();
  for (const { ratios } of results) {
    for (const [digits, n] of Object.entries(ratios)) counts.set(Number(digits), (counts.get(Number(digits)) ?? 0) + n);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  let left = Math.ceil(sorted.reduce((total, [, n]) => total + n, 0) / 2);
  for (const [ratio, n] of sorted) {
    left -= n;
    if (left <= 0) return ratio;
  }
  return null;
}
