/** One attempt to break a bound: inputs, and the error that was observed on them. */
import type { Values } from '../bounds/index.ts';
import type { BinaryFormat } from '../formats/index.ts';
import type { Mode } from '../tensor/index.ts';
import type { Random } from './random.ts';

/** Everything that decides an observation; plain data, so that it can be written down, repeated and changed a little. */
export interface TrialCase {
  readonly format: string;
  readonly mode: Mode;
  /** Key of a stochastic rounding. Default: 0. */
  readonly seed?: number;
  readonly subnormals: 'keep' | 'flush';
  /** An accumulation order, where sums are formed. */
  readonly order: string;
  readonly arrays: Readonly<Record<string, readonly number[]>>;
  /** Sizes, widths and options, such as { fma: 1 }. */
  readonly scalars: Readonly<Record<string, number>>;
}

export interface Observation {
  /** For `Bound.evaluate`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** |computed − exact|, at least its true value minus 2^−90 of it, shaped like the bound's value. */
  readonly observed: Values;
}

/** How a bound is tried. */
export interface Trial {
  /** The bound's id. */
  readonly bound: string;
  /** Random and structured inputs in a format. */
  draw(random: Random, format: BinaryFormat): TrialCase;
  /** Computes and compares. Undefined where the computation overflows or is of no use. */
  observe(trial: TrialCase): Observation | undefined;
  /** Cases of the same kind with less in them (fewer terms, a plainer order), for the search to report. */
  simpler?(trial: TrialCase): Iterable<TrialCase>;
  /** The worst input that theory/ names, and the observed/bound that it reaches at least. */
  readonly sharp: { readonly trial: TrialCase; readonly ratio: number };
  /** For each assumption of the bound, by its id, inputs that break it and no assumption before it. */
  readonly outside: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
