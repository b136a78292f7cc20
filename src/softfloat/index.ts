export { type DD, doubleDouble } from './double-double.ts';
export { type TableIndex, tableIndexOf, unaryTable } from './elementary/tables.ts';
export { exactScalarsOf } from './exact.ts';
export { float64Functions } from './float64.ts';
export {
  doubleDoubleOf,
  type Real,
  realFromDecimal,
  realFromNumber,
  rotaryReals,
  rotaryRealsFloat32,
  roundReal,
  sqrtOfRatio,
  sqrtTwoOverPi,
} from './real.ts';
export { type RoundingContext, scalarsOf, softfloat } from './scalar.ts';
export type { Scalars } from './scalars.ts';
