/** The bits of a float64: exponents and powers of two, exact on every engine. */

const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** ⌊log2 |x|⌋ of a finite nonzero x, subnormals included. */
export function exponentOf(x: number): number {
  value[0] = x;
  const field = (words[HIGH] >>> 20) & 0x7ff;
  if (field !== 0) return field - 1023;
  value[0] = x * 2 ** 54;
  return ((words[HIGH] >>> 20) & 0x7ff) - 1023 - 54;
}

/** 2^e; 0 below 2^-1074, Infinity above 2^1023. */
export function powerOfTwo(e: number): number {
  if (e > 1023) return Number.POSITIVE_INFINITY;
  if (e < -1074) return 0;
  if (e < -1022) {
    words[HIGH] = 0;
    words[1 - HIGH] = 0;
    if (e >= -1042) words[HIGH] = 1 << (e + 1042);
    else words[1 - HIGH] = 1 << (e + 1074);
    return value[0];
  }
  words[HIGH] = (e + 1023) << 20;
  words[1 - HIGH] = 0;
  return value[0];
}

/** True where the last bit of the significand of x is 0. */
export function isEven(x: number): boolean {
  value[0] = x;
  return (words[1 - HIGH] & 1) === 0;
}

/** The next float64 away from zero (`away`) or toward zero, of a finite nonzero x. */
export function stepFloat64(x: number, away: boolean): number {
  value[0] = x;
  if (away) {
    words[1 - HIGH] += 1;
    if (words[1 - HIGH] === 0) words[HIGH] += 1;
  } else {
    if (words[1 - HIGH] === 0) words[HIGH] -= 1;
    words[1 - HIGH] -= 1;
  }
  return value[0];
}

/** The sign bit, also of zeros. */
export function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

/** The 64 bits of x; a NaN is the positive quiet one. */
export function float64Bits(x: number): bigint {
  if (Number.isNaN(x)) return 0x7ff8000000000000n;
  value[0] = x;
  return (BigInt(words[HIGH]) << 32n) | BigInt(words[1 - HIGH]);
}

/** The float64 with these 64 bits. */
export function float64FromBits(bits: bigint): number {
  words[HIGH] = Number((bits >> 32n) & 0xffffffffn);
  words[1 - HIGH] = Number(bits & 0xffffffffn);
  return value[0];
}

/** A finite x as the exact fraction ±significand·2^exponent. */
export function float64Fraction(x: number): { negative: boolean; significand: bigint; exponent: number } {
  const bits = float64Bits(x);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return {
    negative: bits >> 63n === 1n,
    significand: field === 0 ? fraction : fraction | 0x10000000000000n,
    exponent: Math.max(field, 1) - 1075,
  };
}
