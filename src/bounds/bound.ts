/** What a bound of the catalogue is. Its derivation stands in theory/, in the document and under the heading it names. */

/**
 * - rigorous: the error can never be larger.
 * - first-order: the error can never be larger than the value times the explicit second-order factor.
 * - probabilistic: holds in a stated statistical sense.
 * - heuristic: no bound at all, a number that may go along with the error.
 */
export type BoundKind = 'rigorous' | 'first-order' | 'probabilistic' | 'heuristic';

export type BoundNorm =
  | 'componentwise'
  | '1-norm'
  | '2-norm'
  | '∞-norm'
  | 'Frobenius'
  | 'block-∞'
  | 'divergence'
  | 'operator';

/** A number, or one for each component. */
export type Values = number | Float64Array;

export interface ValidBound {
  readonly valid: true;
  /** What the formula says. */
  readonly value: Values;
  /**
   * What the error does not exceed: the value times the second-order factor, and a little for the rounding of this very
   * evaluation. Undefined where the bound is probabilistic or heuristic.
   */
  readonly guaranteed: Values | undefined;
}

export interface InvalidBound {
  readonly valid: false;
  /** The assumption that does not hold, and what was found. */
  readonly because: string;
}

export type BoundValue = ValidBound | InvalidBound;

/** A condition of the bound, checked on the inputs before it gives a number. */
export interface Assumption {
  readonly id: string;
  readonly text: string;
}

/** The second-order factor of a first-order bound. */
export interface SecondOrder {
  /** A mathjs expression in the bound's symbols, at least 1. */
  readonly formula: string;
}

/** One input by name: what it is, with its shape. */
export interface BoundInput {
  readonly name: string;
  readonly meaning: string;
  readonly optional: boolean;
}

export interface Bound {
  readonly id: string;
  readonly title: string;
  /** What is bounded. */
  readonly quantity: string;
  readonly kind: BoundKind;
  readonly norm: BoundNorm;
  readonly scale: 'absolute' | 'relative';
  /** A mathjs expression in the symbols; of one component where some of them have components. */
  readonly formula: string;
  readonly secondOrder: SecondOrder | undefined;
  /** What the formula's symbols stand for. */
  readonly symbols: Readonly<Record<string, string>>;
  readonly inputs: readonly BoundInput[];
  readonly assumptions: readonly Assumption[];
  /** The document in theory/ with the section of this id. */
  readonly theory: string;
  readonly source: string;
  /**
   * The bound for these inputs (plain numbers, arrays and names).
   * @throws InputError where an input is missing, unknown or not what it should be
   */
  evaluate(inputs: Readonly<Record<string, unknown>>): BoundValue;
  /**
   * The values of the formula's symbols for valid inputs.
   * @throws InputError as evaluate
   */
  scope(inputs: Readonly<Record<string, unknown>>): Scope | InvalidBound;
}

/** Values of symbols; those with components all have the same number of them. */
export type Scope = Readonly<Record<string, Values>>;
