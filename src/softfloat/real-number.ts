/** Exact real numbers: constants and table entries, known to any accuracy and rounded once into each format. */
import { dyadicOf, shifted } from './dyadic.ts';
import { halfPi } from './elementary/constants.ts';
import { integerSqrt } from './exact-arithmetic.ts';

/** An exact real number, known to any accuracy. */
export interface Real {
  /** Set where the real is a float64. */
  readonly exact?: number;
  /** Set where the real is this fraction n/d, d > 0: it is then rounded by one division. */
  readonly ratio?: readonly [n: bigint, d: bigint];
  /** ⌊x·2^bits⌋ up to ±1. */
  fixed(bits: number): bigint;
}

/**
 * A finite float64 as a real.
 * @throws RangeError for an infinity or NaN.
 */
export function realFromNumber(x: number): Real {
  if (!Number.isFinite(x)) throw new RangeError(`realFromNumber: expected a finite number, got ${x}`);
  const { negative, significand, exponent } = dyadicOf(x);
  const signed = negative ? -significand : significand;
  return Object.freeze({ exact: x, fixed: (bits: number) => shifted(signed, exponent + bits) });
}

/** n/d with d > 0. */
function realFromRatio(n: bigint, d: bigint): Real {
  const fixed = (bits: number) => (bits >= 0 ? floorDivide(n << BigInt(bits), d) : floorDivide(n, d << BigInt(-bits)));
  // Only powers of two divide a float64's numerator away; Number(n)/Number(d) is then exact if both are.
  const [x, y] = [Number(n), Number(d)];
  const exact = x / y;
  const isFloat64 =
    BigInt(Number.isFinite(x) ? x : 0) === n && Number.isFinite(y) && BigInt(y) === d && isExactQuotient(n, d, exact);
  return Object.freeze(isFloat64 ? { exact, ratio: [n, d] as const, fixed } : { ratio: [n, d] as const, fixed });
}

function isExactQuotient(n: bigint, d: bigint, quotient: number): boolean {
  const { negative, significand, exponent } = dyadicOf(quotient);
  const signed = negative ? -significand : significand;
  return exponent >= 0 ? shifted(signed, exponent) * d === n : signed * d === n << BigInt(-exponent);
}

function floorDivide(n: bigint, d: bigint): bigint {
  const quotient = n / d;
  return n < 0n && quotient * d !== n ? quotient - 1n : quotient;
}

/**
 * The decimal fraction that a text names, such as '0.044715' or '1.5e-3', exactly.
 * @throws RangeError for a text of another form.
 */
export function realFromDecimal(text: string): Real {
  const parts = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (parts === null)
    throw new RangeError(`realFromDecimal: expected a decimal number such as 0.044715, got '${text}'`);
  const [, sign, whole, decimals = '', power = '0'] = parts;
  const digits = BigInt(whole + decimals);
  const exponent = Number(power) - decimals.length;
  const n = (sign === '-' ? -digits : digits) * (exponent > 0 ? 10n ** BigInt(exponent) : 1n);
  return realFromRatio(n, exponent < 0 ? 10n ** BigInt(-exponent) : 1n);
}

/**
 * √(p/q), p ≥ 0, q > 0; a fraction of two squares is that fraction's root, exactly.
 * @throws RangeError for other p and q.
 */
export function sqrtOfRatio(p: bigint, q: bigint): Real {
  if (p < 0n || q <= 0n) throw new RangeError(`sqrtOfRatio: expected p ≥ 0 and q > 0, got ${p}/${q}`);
  let [n, d] = [p, q];
  for (let [a, b] = [p, q]; ; [a, b] = [b, a % b]) {
    if (b !== 0n) continue;
    [n, d] = [p / a, q / a];
    break;
  }
  const [rootN, rootD] = [integerSqrt(n), integerSqrt(d)];
  if (rootN * rootN === n && rootD * rootD === d) return realFromRatio(rootN, rootD);
  return Object.freeze({
    fixed: (bits: number) =>
      bits >= 0 ? integerSqrt((n << BigInt(2 * bits)) / d) : integerSqrt(n / (d << BigInt(-2 * bits))),
  });
}

/** √(2/π), the constant of GELU's tanh form: 1/√(π/2). */
export const sqrtTwoOverPi: Real = Object.freeze({
  fixed: (bits: number) => {
    const w = Math.max(64, Math.ceil((bits + 16) / 64) * 64);
    return shifted(integerSqrt((1n << BigInt(3 * w)) / halfPi(w)), bits - w);
  },
});
