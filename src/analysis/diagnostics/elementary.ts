/** Elementary functions of formulas, the same bits on every engine, from the correctly rounded exp and log. */
import type { ElementaryFunctions } from '../../bounds/user-formula.ts';
import { float64Functions } from '../../softfloat/float64.ts';

const { exp, log } = float64Functions;

/** Integer exponents up to this are multiplied out. */
const MULTIPLIED = 64;

/**
 * x^y. Small integer powers are products, square roots are rounded once; others are e^(y ln x), off by about |y ln x| roundings.
 * Special cases: those that ECMAScript fixes (0, 1, ∞, NaN, negative x) are the engine's.
 */
function pow(x: number, y: number): number {
  if (Number.isInteger(y) && Math.abs(y) <= MULTIPLIED) {
    const product = multiplied(x, Math.abs(y));
    return y < 0 ? 1 / product : product;
  }
  if (!(Math.abs(x) > 0 && Number.isFinite(x) && Number.isFinite(y))) return x ** y;
  if (x < 0 && !Number.isInteger(y)) return Number.NaN;
  if (y === 0.5) return Math.sqrt(x);
  const size = exp(y * log(Math.abs(x)));
  return x < 0 && Math.abs(y % 2) === 1 ? -size : size;
}

function multiplied(x: number, n: number): number {
  let [result, square] = [1, x];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

const LN2 = log(2);
const LN10 = log(10);

export const elementaryFunctions: ElementaryFunctions = Object.freeze({
  exp,
  log,
  log2: (x: number) => log(x) / LN2,
  log10: (x: number) => log(x) / LN10,
  pow,
});
