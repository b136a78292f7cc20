/** ln 2, π and √π in fixed point, computed once per precision. */
import { integerSqrt } from '../exact-arithmetic.ts';

/** Values of one constant by precision; the precisions in use are few multiples of 64. */
function cached(compute: (w: number) => bigint): (w: number) => bigint {
  const known = new Map<number, bigint>();
  return (w) => {
    let value = known.get(w);
    if (value === undefined) {
      value = compute(w);
      known.set(w, value);
    }
    return value;
  };
}

/** atanh(1/n)·2^w, or atan(1/n)·2^w where the signs alternate: its series, each term rounded down; at most 2w units low. */
function inverseTangent(n: bigint, w: number, alternating: boolean): bigint {
  let power = (1n << BigInt(w)) / n;
  let total = 0n;
  for (let k = 1n, sign = 1n; power !== 0n; k += 2n) {
    total += (sign * power) / k;
    power /= n * n;
    if (alternating) sign = -sign;
  }
  return total;
}

const GUARD = 32;

/** ln 2·2^w, error below 1: 18 atanh(1/26) − 2 atanh(1/4801) + 8 atanh(1/8749). */
export const lnTwo = cached((w) => {
  const g = w + GUARD;
  const atanh = (n: bigint) => inverseTangent(n, g, false);
  return (18n * atanh(26n) - 2n * atanh(4801n) + 8n * atanh(8749n)) >> BigInt(GUARD);
});

/** π/2·2^w, error below 1. Machin: π/4 = 4 atan(1/5) − atan(1/239). */
export const halfPi = cached((w) => {
  const g = w + GUARD;
  const quarter = 4n * inverseTangent(5n, g, true) - inverseTangent(239n, g, true);
  return (2n * quarter) >> BigInt(GUARD);
});

/** 2/√π·2^w, error below 2: √(4/π) of π with as many bits. */
export const twoOverRootPi = cached((w) => integerSqrt((1n << BigInt(3 * w + 1)) / halfPi(w)));
