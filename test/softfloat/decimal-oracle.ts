/** decimal.js as an independent source of function values. Slow: 0.1–1 ms a value. */
import { Decimal } from 'decimal.js';
import { dyadicOf, jammed, roundDyadic } from '../../src/softfloat/dyadic.ts';
import type { RoundingContext } from '../../src/softfloat/scalar.ts';
import type { ElementaryName } from '../../src/softfloat/scalars.ts';

const D = Decimal.clone({ precision: 60, toExpNeg: -9e15, toExpPos: 9e15 });

/** The exact value of a double. */
export function decimalOf(x: number): Decimal {
  const { negative, significand, exponent } = dyadicOf(x);
  const exact = Decimal.clone({ precision: 1200 });
  const magnitude = new exact(significand.toString()).times(new exact(2).pow(exponent));
  return new D((negative ? magnitude.neg() : magnitude).toString());
}

/** erf by Maclaurin's series, with as many more digits as its largest term has. */
function erf(x: Decimal): Decimal {
  const Wide = Decimal.clone({ precision: 60 + Math.ceil(x.toNumber() ** 2) });
  const square = new Wide(x).pow(2);
  let power = new Wide(x);
  let sum = new Wide(x);
  for (let n = 1; power.abs().gt(new Wide(10).pow(-70).times(x.abs())); n++) {
    power = power.times(square).neg().div(n);
    sum = sum.plus(power.div(2 * n + 1));
  }
  return new D(sum.times(2).div(Wide.acos(-1).sqrt()).toString());
}

const FUNCTIONS: Record<ElementaryName, (x: Decimal) => Decimal> = {
  exp: (x) => D.exp(x),
  log: (x) => D.ln(x),
  // D.tanh loses digits to cancellation in small arguments; this form does not.
  tanh: (x) => (x.abs().lt(1e-3) ? tanhSeries(x) : D.tanh(x)),
  erf,
  sin: (x) => D.sin(x),
  cos: (x) => D.cos(x),
};

function tanhSeries(x: Decimal): Decimal {
  const e = Decimal.clone({ precision: 120 });
  const t = e.exp(new e(x).times(2));
  return new D(t.minus(1).div(t.plus(1)).toString());
}

/** f(x) to about 58 digits. */
export function decimalFunction(name: ElementaryName, x: number): Decimal {
  return FUNCTIONS[name](decimalOf(x));
}

/** R(y) of an irrational y given to 58 digits: truncated to 150 bits, its tail jammed. */
export function roundDecimal(y: Decimal, context: RoundingContext): number {
  const bits = 150 - Math.ceil(y.abs().e * Math.log2(10));
  const Wide = Decimal.clone({ precision: 700, toExpNeg: -9e15, toExpPos: 9e15 });
  const n = BigInt(new Wide(y).abs().times(new Wide(2).pow(bits)).floor().toFixed());
  return roundDyadic(jammed(y.isNegative(), n, -bits, true), context);
}
