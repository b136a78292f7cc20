/**
 * A unit of the search: so many cases of one bound, half of them drawn, half climbing from the worst of those. It depends
 * on seed, bound and number alone, so units may run anywhere, in any order, and a seed reproduces each.
 */
import { type BinaryFormat, formats } from '../../formats/index.ts';
import { Random } from '../random.ts';
import type { Trial, TrialCase } from '../trial.ts';
import { type Attempt, attempt, type Searched } from './attempt.ts';
import { mutate } from './mutate.ts';
import { shrink } from './shrink.ts';

/** Formats that are tried in turn. */
export const searchedFormats = ['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3'] as const;

export interface UnitTask {
  readonly bound: string;
  readonly unit: number;
  /** Cases to count: with a valid bound and a nonzero observed error. */
  readonly cases: number;
  readonly seed: number;
}

export interface WorstCase {
  readonly ratio: number;
  readonly case: TrialCase;
}

/** What a unit found, for each format. */
export interface FormatResult {
  cases: number;
  notValid: number;
  violations: number;
  /** Of the drawn cases: how many have this observed/bound, to three significant digits. */
  ratios: Record<string, number>;
  worst: WorstCase | undefined;
}

export interface UnitResult extends UnitTask {
  readonly formats: Readonly<Record<string, FormatResult>>;
  /** The first case above the bound, simplified. */
  readonly counterexample?: WorstCase | undefined;
  /** Of a heuristic: bound and observed error of the drawn cases. */
  readonly pairs?: readonly (readonly [value: number, observed: number])[] | undefined;
}

/** A bound that is seldom valid is not tried for ever. */
const ATTEMPTS_PER_CASE = 8;
/** Cases from which a climb goes on. */
const CLIMBERS = 6;

interface Climber extends WorstCase {
  readonly format: string;
}

export function runUnit(bound: Searched, trial: Trial, { unit, cases, seed }: UnitTask): UnitResult {
  const random = new Random(seed, bound.id, unit);
  const results: Record<string, FormatResult> = {};
  const pairs: [number, number][] = [];
  const heuristic = bound.kind === 'heuristic';
  const drawn = heuristic || bound.kind === 'probabilistic' ? cases : Math.ceil(cases / 2);
  let [counted, climbers]: [number, Climber[]] = [0, []];
  let counterexample: WorstCase | undefined;

  const resultOf = (format: string): FormatResult => {
    results[format] ??= { cases: 0, notValid: 0, violations: 0, ratios: {}, worst: undefined };
    return results[format];
  };
  const count = (trialCase: TrialCase): Attempt | undefined => {
    const found = attempt(bound, trial, trialCase);
    const result = resultOf(trialCase.format);
    if (found === undefined) result.notValid++;
    if (typeof found !== 'object') return undefined;
    counted++;
    result.cases++;
    if (found.violated && !heuristic) {
      result.violations++;
      if (counterexample === undefined && bound.kind !== 'probabilistic') {
        const plain = shrink(bound, trial, trialCase);
        counterexample = { ratio: (attempt(bound, trial, plain) as Attempt).ratio, case: plain };
      }
    }
    if (result.worst === undefined || found.ratio > result.worst.ratio) {
      result.worst = { ratio: found.ratio, case: trialCase };
    }
    return found;
  };

  for (let tries = 0; counted < drawn && tries < drawn * ATTEMPTS_PER_CASE; tries++) {
    const format = formats[searchedFormats[tries % searchedFormats.length]] as BinaryFormat;
    const trialCase = trial.draw(random, format);
    const found = count(trialCase);
    if (found === undefined) continue;
    const { ratios } = resultOf(trialCase.format);
    const digits = found.ratio.toPrecision(3);
    ratios[digits] = (ratios[digits] ?? 0) + 1;
    if (heuristic) pairs.push([found.value, found.observed]);
    else climbers = best([...climbers, { format: trialCase.format, ratio: found.ratio, case: trialCase }]);
  }
  if (!heuristic && climbers.length > 0) {
    for (let tries = 0; counted < cases && tries < cases * ATTEMPTS_PER_CASE; tries++) {
      const i = random.integer(0, climbers.length - 1);
      const changed = mutate(random, climbers[i].case);
      const found = count(changed);
      if (found !== undefined && found.ratio >= climbers[i].ratio) {
        climbers[i] = { format: changed.format, ratio: found.ratio, case: changed };
      }
    }
  }
  return {
    ...{ bound: bound.id, unit, cases, seed, formats: results },
    ...(counterexample && { counterexample }),
    ...(heuristic && { pairs }),
  };
}

/** The worst of each format first, so that no format is left out of the climb. */
function best(climbers: readonly Climber[]): Climber[] {
  const sorted = [...climbers].sort((a, b) => b.ratio - a.ratio);
  const firsts = sorted.filter((c, i) => sorted.findIndex(({ format }) => format === c.format) === i);
  const others = sorted.filter((c) => !firsts.includes(c));
  return [...firsts, ...others].slice(0, CLIMBERS);
}
