/** Exact reals: what they are, where they come from, and their rounding. */
export { doubleDoubleOf } from './fixed-to-dd.ts';
export { type Real, realFromDecimal, realFromNumber, sqrtOfRatio, sqrtTwoOverPi } from './real-number.ts';
export { type RotaryReals, rotaryReals, rotaryRealsFloat32 } from './rotary.ts';
export { roundReal } from './round-real.ts';
