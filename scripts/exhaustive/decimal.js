/**
 * Function values as intervals of decimal numbers (decimal.js), and the place of a value among a format's numbers. It
 * shares no line with src: the slow end of every exhaustive check.
 */
import { Decimal } from 'decimal.js';

const LIMITS = { toExpNeg: -9e15, toExpPos: 9e15 };
/** Wide enough for b²·x of any two float32 numbers, exactly. */
const Exact = Decimal.clone({ precision: 1500, ...LIMITS });
/** An evaluation is asked for this many digits more than its interval claims. */
const GUARD = 15;
/** Enough for 1 − x²/2 with x = 2^−149. */
const DIGITS = [25, 60, 130, 260];

const clones = new Map();
function decimals(precision) {
  let D = clones.get(precision);
  if (D === undefined) {
    D = Decimal.clone({ precision, ...LIMITS });
    clones.set(precision, D);
  }
  return D;
}

const view = new DataView(new ArrayBuffer(8));

/** All digits of a finite float64. */
export function decimalOf(x) {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  let n = bits & 0xfffffffffffffn;
  let e = -1074;
  if (field > 0) {
    n |= 1n << 52n;
    e = field - 1075;
  }
  while (n !== 0n && (n & 1n) === 0n) {
    n >>= 1n;
    e++;
  }
  const sign = x < 0 ? '-' : '';
  return new Exact(e >= 0 ? `${sign}${n << BigInt(e)}` : `${sign}${n * 5n ** BigInt(-e)}e${e}`);
}

/** erf by Maclaurin's series; its largest term is below e^(x²). */
function erf(X, precision) {
  const D = decimals(precision + Math.ceil(Number(X) ** 2 / 2) + 5);
  const x = new D(X);
  const square = x.times(x);
  const end = new D(10).pow(-precision).times(x);
  let power = x;
  let sum = x;
  for (let n = 1; power.abs().gt(end); n++) {
    power = power.times(square).div(-n);
    sum = sum.plus(power.div(2 * n + 1));
  }
  return sum.times(2).div(D.acos(-1).sqrt());
}

/** (e^2x − 1)/(e^2x + 1), with the digits that the subtraction loses. */
function tanh(X, precision) {
  const D = decimals(precision + Math.max(0, -X.e) + 2);
  const t = D.exp(new D(X).times(2));
  return t.minus(1).div(t.plus(1));
}

const EVALUATE = {
  exp: (X, precision) => decimals(precision).exp(X),
  log: (X, precision) => decimals(precision).ln(X),
  sin: (X, precision) => decimals(precision).sin(X),
  cos: (X, precision) => decimals(precision).cos(X),
  tanh,
  erf,
  reciprocal: (X, precision) => decimals(precision).div(1, X),
  rsqrt: (X, precision) => decimals(precision).div(1, decimals(precision).sqrt(X)),
};

/** Intervals that need no evaluation: f(x) is strictly inside. */
function known(name, x) {
  if (name === 'exp' && x > 1000) return ['1e400', '1e500'];
  if (name === 'exp' && x < -1000) return ['1e-500', '1e-400'];
  // 1 − tanh 50 < 10^−43, 1 − erf 10 < 10^−44.
  if ((name === 'tanh' && x > 50) || (name === 'erf' && x > 10)) return [`0.${'9'.repeat(40)}`, '1'];
  return undefined;
}

/** The sign of f(x) − b for the algebraic functions, exactly; undefined for the others, which are never a float. */
function exactSide(name, X, b) {
  if (name === 'reciprocal') return -b.times(X).comparedTo(1);
  if (name === 'rsqrt') return -b.times(b).times(X).comparedTo(1);
  return undefined;
}

/**
 * Where f(x) lies among the numbers of a format { precision, emin, emax }: from |a| to |b|, its half −1, 0 or 1 as it is
 * below, on or above the midpoint, `exact` where it is a; `odd` for an odd |a|. b is Infinity above the largest number.
 * x is finite, not 0, and f(x) is no special case (see `special`).
 */
export function placeOf(name, x, format) {
  const mirrored = x < 0 && (name === 'tanh' || name === 'erf' || name === 'sin' || name === 'reciprocal');
  const argument = mirrored || name === 'cos' ? Math.abs(x) : x;
  const X = decimalOf(argument);
  const ends = known(name, argument)?.map((text) => new Exact(text));
  if (ends !== undefined)
    return {
      negative: mirrored,
      ...cellOf(ends[0], format),
      half: ends[1].e > 300 || ends[1].eq(1) ? 1 : -1,
      exact: false,
    };
  for (const digits of DIGITS) {
    const y = EVALUATE[name](X, digits + GUARD);
    const negative = y.isNegative() !== mirrored;
    const size = new Exact(y).abs();
    const error = new Exact(10).pow(-digits).times(size);
    const [lo, hi] = [size.minus(error), size.plus(error)];
    const cell = cellOf(lo, format);
    if (lo.gt(cell.middle) || (lo.gte(decimalOf(cell.a)) && hi.lt(cell.middle))) {
      if (cell.b === Infinity || hi.lt(decimalOf(cell.b))) {
        return { negative, ...cell, half: lo.gt(cell.middle) ? 1 : -1, exact: false };
      }
    }
    // The interval holds a number or midpoint: the exact comparison, where there is one, in both cells.
    for (const { a, b, middle, odd } of [cell, cellOf(hi, format)]) {
      const side = exactSide(name, X, decimalOf(a));
      if (side === undefined || side < 0) continue;
      if (side === 0) return { negative, a, b, odd, half: -1, exact: true };
      if (b !== Infinity && exactSide(name, X, decimalOf(b)) >= 0) continue;
      return { negative, a, b, odd, half: exactSide(name, X, middle), exact: false };
    }
  }
  throw new Error(`placeOf: ${name}(${x}) is not decided by ${DIGITS.at(-1)} digits`);
}

/** The neighbouring numbers a ≤ y < b of a decimal y > 0 and their midpoint. */
function cellOf(y, { precision: p, emin, emax }) {
  const top = largest(p, emax);
  if (y.gte(decimalOf(top))) return { a: top, b: Infinity, middle: decimalOf(2 ** emax * (2 - 2 ** -p)), odd: true };
  let e = emin;
  const size = Number(y);
  while (2 ** (e + 1) <= size) e++;
  // Number() may have rounded up to a power of two.
  if (e > emin && decimalOf(2 ** e).gt(y)) e--;
  const unit = 2 ** (e - p + 1);
  let n = Math.floor(size / unit);
  while (decimalOf((n + 1) * unit).lte(y)) n++;
  while (n > 0 && decimalOf(n * unit).gt(y)) n--;
  return { a: n * unit, b: (n + 1) * unit, middle: decimalOf((n + 0.5) * unit), odd: n % 2 === 1 };
}

function largest(p, emax) {
  return (2 - 2 ** (1 - p)) * 2 ** emax;
}

/** The six results of a place, in the order of MODES. */
export function resultsOf({ negative, a, b, half, exact, odd }, out) {
  const sign = negative ? -1 : 1;
  const [near, far] = [sign * a, sign * b];
  out[0] = exact ? near : half > 0 || (half === 0 && odd) ? far : near;
  out[1] = exact || half < 0 ? near : far;
  out[2] = near;
  out[3] = !exact && negative ? far : near;
  out[4] = !exact && !negative ? far : near;
  out[5] = exact || odd ? near : far;
}

export const MODES = ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd'];
export const FUNCTIONS = Object.keys(EVALUATE);

/** f(x) where x or f(x) is 0, 1, infinite or NaN by definition; undefined elsewhere. The format has all of them. */
export function special(name, x) {
  if (Number.isNaN(x)) return NaN;
  if (name === 'reciprocal') return x === 0 || Math.abs(x) === Infinity ? 1 / x : undefined;
  if (name === 'rsqrt') return x === 0 ? 1 / x : x < 0 ? NaN : x === Infinity ? 0 : undefined;
  if (name === 'log') return x === 0 ? -Infinity : x < 0 ? NaN : x === 1 ? 0 : x === Infinity ? x : undefined;
  if (x === 0) return name === 'exp' || name === 'cos' ? 1 : x;
  if (Math.abs(x) !== Infinity) return undefined;
  if (name === 'exp') return x > 0 ? x : 0;
  return name === 'sin' || name === 'cos' ? NaN : Math.sign(x);
}
