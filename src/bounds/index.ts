/** The catalogue of bounds. What reads a formula's text stands in formula.ts: it loads mathjs, which evaluating a bound does not need. */
export type {
  Assumption,
  Bound,
  BoundInput,
  BoundKind,
  BoundNorm,
  BoundValue,
  InvalidBound,
  Scope,
  ValidBound,
  Values,
} from './bound.ts';
export { bounds } from './catalogue.ts';
