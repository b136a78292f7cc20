/**
 * The operations of low precision on plain numbers, fast. The twin of exact.ts: same bits, other means.
 * Operands may be numbers of any format; a result is R of the exact result of the operands given.
 */
import { type Format, fitsFloat32, sameNumbers } from '../formats/format.ts';
import { formats } from '../formats/named.ts';
import { checkRounding, type Rounding, type RoundingMode, round } from '../formats/round.ts';
import { contextKey, type RoundingContext } from './context.ts';
import { correctlyRounded } from './elementary/correct.ts';
import { exactScalarsOf } from './exact.ts';
import { rounderOf } from './fast-round.ts';
import { fastFloat32Scalars } from './fast-scalars.ts';
import { float64Functions, float64Rsqrt } from './float64.ts';
import { fusedMultiplyAdd } from './fused.ts';
import type { Scalars } from './scalars.ts';
import { stochasticScalars } from './stochastic.ts';

export type { RoundingContext } from './context.ts';

const known = new Map<string, Scalars<number>>();

/**
 * The operations of a context, one object per content. Four kinds:
 * - formats inside float32 with p ≤ 24: float64 arithmetic, its residual and one rounding (fast-scalars.ts);
 * - fp64 to nearest even without options: the machine's own operations and `float64Functions`;
 * - decimal formats: those, then N digits;
 * - everything else: exact.ts, with double-double in front of the elementary functions.
 * Every result is correctly rounded (a decimal one from the nearest float64).
 */
export function scalarsOf(context: RoundingContext): Scalars<number> {
  const key = contextKey(context);
  let scalars = known.get(key);
  if (scalars === undefined) {
    scalars = Object.freeze(create(context));
    known.set(key, scalars);
  }
  return scalars;
}

function create(context: RoundingContext): Scalars<number> {
  const { format, mode, overflow, subnormals } = context;
  const plain = mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
  if (plain && sameNumbers(format, formats.fp64)) return float64Scalars(context);
  if (format.kind === 'decimal') return decimalScalars(context);
  if (fitsFloat32(format) && format.signedZero) return fastFloat32Scalars(context);
  return {
    ...exactScalarsOf(context),
    exp: (x) => correctlyRounded('exp', x, context),
    log: (x) => correctlyRounded('log', x, context),
    tanh: (x) => correctlyRounded('tanh', x, context),
    erf: (x) => correctlyRounded('erf', x, context),
    sin: (x) => correctlyRounded('sin', x, context),
    cos: (x) => correctlyRounded('cos', x, context),
  };
}

/** IEEE 754 binary64, which ECMAScript's + − × ÷ are; engines compute √ as the standard requires (tested). */
function float64Scalars(context: RoundingContext): Scalars<number> {
  return {
    ...exactScalarsOf(context),
    ...float64Functions,
    fromNumber: (x) => x,
    add: (x, y) => x + y,
    sub: (x, y) => x - y,
    mul: (x, y) => x * y,
    div: (x, y) => x / y,
    fma: fusedMultiplyAdd,
    sqrt: Math.sqrt,
    reciprocal: (x) => 1 / x,
    rsqrt: float64Rsqrt,
  };
}

/** The float64 result, then N digits in the mode. */
function decimalScalars(context: RoundingContext): Scalars<number> {
  const rounded = rounderOf(context);
  const { exp, log, tanh, erf, sin, cos } = float64Functions;
  return {
    ...exactScalarsOf(context),
    fromNumber: rounded,
    add: (x, y) => rounded(x + y),
    sub: (x, y) => rounded(x - y),
    mul: (x, y) => rounded(x * y),
    div: (x, y) => rounded(x / y),
    fma: (x, y, z) => rounded(fusedMultiplyAdd(x, y, z)),
    sqrt: (x) => rounded(Math.sqrt(x)),
    reciprocal: (x) => rounded(1 / x),
    rsqrt: (x) => rounded(float64Rsqrt(x)),
    exp: (x) => rounded(exp(x)),
    log: (x) => rounded(log(x)),
    tanh: (x) => rounded(tanh(x)),
    erf: (x) => rounded(erf(x)),
    sin: (x) => rounded(sin(x)),
    cos: (x) => rounded(cos(x)),
  };
}

const byFormat = new WeakMap<Format, Map<RoundingMode, Scalars<number>>>();

/** Overflow to infinity, subnormals kept. */
function usual(format: Format, mode: Rounding = 'nearest-even'): Scalars<number> {
  if (typeof mode === 'object') {
    checkRounding('softfloat', mode);
    return stochasticScalars({ format, overflow: 'inf', subnormals: 'keep' }, () => mode.word);
  }
  let modes = byFormat.get(format);
  if (modes === undefined) {
    modes = new Map();
    byFormat.set(format, modes);
  }
  let scalars = modes.get(mode);
  if (scalars === undefined) {
    checkRounding('softfloat', mode);
    scalars = scalarsOf({ format, mode, overflow: 'inf', subnormals: 'keep' });
    modes.set(mode, scalars);
  }
  return scalars;
}

type Unary = (x: number, format: Format, mode?: Rounding) => number;
type Binary = (x: number, y: number, format: Format, mode?: Rounding) => number;

/**
 * Single operations by format and mode (nearest even by default), overflow to infinity, subnormals kept. The mode
 * `{ mode: 'stochastic', word }` rounds stochastically with that random word of 32 bits.
 * @example softfloat.add(1, 2 ** -9, formats.bf16) // 1
 */
export const softfloat = Object.freeze({
  round: (x: number, format: Format, mode?: Rounding): number => round(x, format, mode),
  add: ((x, y, format, mode) => usual(format, mode).add(x, y)) as Binary,
  sub: ((x, y, format, mode) => usual(format, mode).sub(x, y)) as Binary,
  mul: ((x, y, format, mode) => usual(format, mode).mul(x, y)) as Binary,
  div: ((x, y, format, mode) => usual(format, mode).div(x, y)) as Binary,
  fma: (x: number, y: number, z: number, format: Format, mode?: Rounding): number => usual(format, mode).fma(x, y, z),
  sqrt: ((x, format, mode) => usual(format, mode).sqrt(x)) as Unary,
  reciprocal: ((x, format, mode) => usual(format, mode).reciprocal(x)) as Unary,
  rsqrt: ((x, format, mode) => usual(format, mode).rsqrt(x)) as Unary,
  exp: ((x, format, mode) => usual(format, mode).exp(x)) as Unary,
  log: ((x, format, mode) => usual(format, mode).log(x)) as Unary,
  tanh: ((x, format, mode) => usual(format, mode).tanh(x)) as Unary,
  erf: ((x, format, mode) => usual(format, mode).erf(x)) as Unary,
  sin: ((x, format, mode) => usual(format, mode).sin(x)) as Unary,
  cos: ((x, format, mode) => usual(format, mode).cos(x)) as Unary,
});
