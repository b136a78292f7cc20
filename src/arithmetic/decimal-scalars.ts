/** decimal.js as scalars, with exact conversions and the error function that it lacks. */
import { Decimal } from 'decimal.js';
import { float64Fraction } from '../formats/float64.ts';
import type { Real } from '../softfloat/real.ts';
import type { Scalars } from '../softfloat/scalars.ts';

const GUARD_DIGITS = 15;

/** All digits of a float64, up to 767 of them: `new Decimal(x)` would take the shortest decimal that reads back as x. */
export function decimalFromNumber(x: number): Decimal {
  if (x === 0 || !Number.isFinite(x)) return new Decimal(x);
  const { negative, significand, exponent } = float64Fraction(x);
  const sign = negative ? '-' : '';
  return exponent >= 0
    ? new Decimal(`${sign}${significand << BigInt(exponent)}`)
    : new Decimal(`${sign}${significand * 5n ** BigInt(-exponent)}e${exponent}`);
}

/**
 * Numbers of `digits` significant digits, ties to even. `fromNumber` is exact, whatever the precision.
 * Error: half a unit of the last digit; erf within one unit, rsqrt 10^−14 units more than half a one.
 */
export function decimalScalars(digits: number): Scalars<Decimal> {
  const D = Decimal.clone({ precision: digits, rounding: Decimal.ROUND_HALF_EVEN, defaults: true });
  const Wide = Decimal.clone({ precision: 2 * digits + 800, rounding: Decimal.ROUND_HALF_EVEN, defaults: true });
  const Guarded = Decimal.clone({ precision: digits + GUARD_DIGITS, defaults: true });
  const bits = Math.ceil((digits + GUARD_DIGITS) * Math.log2(10));
  const rounded = (x: Decimal): Decimal => new D(x.toSignificantDigits(digits, Decimal.ROUND_HALF_EVEN));
  return {
    zero: new D(0),
    fromNumber: (x) => new D(decimalFromNumber(x)),
    toNumber: (x) => x.toNumber(),
    fromReal: (x) => rounded(decimalFromReal(x, bits, Wide)),
    isNaN: (x) => x.isNaN(),
    compare: (x, y) => x.comparedTo(y),
    add: (x, y) => D.add(x, y),
    sub: (x, y) => D.sub(x, y),
    mul: (x, y) => D.mul(x, y),
    div: (x, y) => D.div(x, y),
    // A product of two numbers of up to `digits` digits is exact in Wide.
    fma: (x, y, z) => rounded(Wide.add(Wide.mul(x, y), z)),
    sqrt: (x) => D.sqrt(x),
    reciprocal: (x) => D.div(1, x),
    rsqrt: (x) => rounded(Guarded.div(1, Guarded.sqrt(x))),
    exp: (x) => D.exp(x),
    log: (x) => D.ln(x),
    tanh: (x) => D.tanh(x),
    erf: (x) => rounded(erf(x, digits)),
    sin: (x) => D.sin(x),
    cos: (x) => D.cos(x),
  };
}

function decimalFromReal(x: Real, bits: number, Wide: typeof Decimal): Decimal {
  if (x.exact !== undefined) return decimalFromNumber(x.exact);
  let width = bits;
  let fixed = x.fixed(width);
  // A real far below 1 has few digits after `bits` bits.
  while (fixed.toString(2).length < bits) {
    width += bits;
    fixed = x.fixed(width);
  }
  return new Wide(fixed.toString()).div(new Wide(2).pow(width));
}

/** erf x = 2/√π·e^(−x²)·Σ 2^k x^(2k+1)/(2k+1)!!: every term has the sign of x, so nothing cancels. */
function erf(x: Decimal, digits: number): Decimal {
  if (x.isNaN() || x.isZero()) return x;
  const precision = digits + GUARD_DIGITS;
  const D = Decimal.clone({ precision, defaults: true });
  // 1 − erf x < e^(−x²)
  if (x.isFinite() === false || x.abs().greaterThan(Math.sqrt(precision * 2.31) + 1))
    return new D(x.isNegative() ? -1 : 1);
  const wide = new D(x);
  const twiceSquare = wide.mul(wide).mul(2);
  let term = wide;
  let sum = wide;
  for (let k = 1; term.abs().greaterThan(sum.abs().mul(new D(10).pow(-precision))); k++) {
    term = term.mul(twiceSquare).div(2 * k + 1);
    sum = sum.add(term);
  }
  const scale = new D(2).div(D.acos(-1).sqrt());
  return scale.mul(wide.mul(wide).negated().exp()).mul(sum);
}
