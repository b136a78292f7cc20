/** The catalogue of bounds. */
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
export { evaluateFormula, formulaToLatex, symbolsOf } from './formula.ts';
