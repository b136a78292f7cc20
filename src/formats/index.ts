export { decode, encode, holds } from './bits.ts';
export { type BinaryFormat, type DecimalFormat, type Format, fitsFloat32, sameNumbers } from './format.ts';
export { InputError } from './input-error.ts';
export { type FormatName, formatOrUndefined, formats, parseFormat } from './named.ts';
export { type Rounding, type RoundingMode, round, roundingModes, type StochasticMode } from './round.ts';
export { fromOrdinal, nextDown, nextUp, ordinal, ulp, ulpDistance } from './ulp.ts';
