/**
 * What a number format is: a small record, everything else derived from it.
 * Modelled on gfloat's format records. Bit patterns are in bits.ts, rounding is in round.ts.
 */

import { powerOfTwo } from './float64.ts';

/** What is written down about a binary format: x = ±m·2^e with 1 ≤ m < 2, emin ≤ e ≤ emax, m of `precision` bits. */
export interface BinaryParameters {
  readonly name: string;
  /** Significand bits p, the hidden one included. */
  readonly precision: number;
  readonly emin: number;
  readonly emax: number;
  readonly subnormals: boolean;
  readonly infinities: boolean;
  readonly nan: boolean;
  readonly signedZero: boolean;
}

export interface BinaryFormat extends BinaryParameters {
  readonly kind: 'binary';
  /** Unit roundoff u = 2^-p. */
  readonly u: number;
  /** 2u, the gap above 1 (`torch.finfo.eps`). */
  readonly epsMach: number;
  readonly largest: number;
  readonly smallestNormal: number;
  /** The smallest normal number where the format has no subnormals. */
  readonly smallestSubnormal: number;
  /** ln(largest): exp overflows above it. */
  readonly lnMax: number;
  readonly exponentBits: number;
  /** Stored significand bits, p − 1. */
  readonly fractionBits: number;
  /** Bits of an encoding, the sign included. */
  readonly width: number;
}

/** N significant decimal digits with the exponent range of the float64 that carries them. It has no bit patterns. */
export interface DecimalFormat {
  readonly kind: 'decimal';
  readonly name: string;
  readonly digits: number;
  /** u = ½·10^(1−N). */
  readonly u: number;
  readonly epsMach: number;
  readonly largest: number;
  readonly smallestNormal: number;
  readonly smallestSubnormal: number;
  readonly lnMax: number;
  readonly subnormals: true;
  readonly infinities: true;
  readonly nan: true;
  readonly signedZero: true;
}

export type Format = BinaryFormat | DecimalFormat;

// fdlibm's split of ln 2: the high part has 33 significant bits, so that e·LN2_HIGH is exact for |e| < 2^20.
const LN2_HIGH = 6.931471803691238e-1; // 0x3fe62e42 fee00000
const LN2_LOW = 1.9082149292705877e-10; // 0x3dea39ef 35793c76

/** ln(2^(e+1)·(1 − t)), by the series of log1p; t ≤ ½, so at most 60 terms. Error below 2 ulp. */
function logBelowPowerOfTwo(e: number, t: number): number {
  let series = 0;
  for (let k = 60; k >= 1; k--) series = t * (1 / k + series);
  return (e + 1) * LN2_HIGH + ((e + 1) * LN2_LOW - series);
}

/** Derives a binary format from its parameters. */
export function binaryFormat(parameters: BinaryParameters): BinaryFormat {
  const { precision: p, emin, emax, infinities, nan, subnormals } = parameters;
  const epsMach = powerOfTwo(1 - p);
  // Without infinities the all-ones exponent holds numbers, and only its last significand is NaN.
  const codesLost = !infinities && nan ? 2 : 1;
  const smallestNormal = powerOfTwo(emin);
  const exponentBits = 32 - Math.clz32(emax - emin + (infinities ? 3 : 2) - 1);
  return Object.freeze({
    ...parameters,
    kind: 'binary',
    u: powerOfTwo(-p),
    epsMach,
    largest: (2 - codesLost * epsMach) * powerOfTwo(emax),
    smallestNormal,
    smallestSubnormal: subnormals ? powerOfTwo(emin + 1 - p) : smallestNormal,
    lnMax: logBelowPowerOfTwo(emax, codesLost * powerOfTwo(-p)),
    exponentBits,
    fractionBits: p - 1,
    width: exponentBits + p,
  });
}

/** Derives `decimal:N`, 1 ≤ N ≤ 15. */
export function decimalFormat(digits: number): DecimalFormat {
  const epsMach = 10 ** (1 - digits);
  return Object.freeze({
    kind: 'decimal',
    name: `decimal:${digits}`,
    digits,
    u: epsMach / 2,
    epsMach,
    largest: Number.MAX_VALUE,
    smallestNormal: powerOfTwo(-1022),
    smallestSubnormal: Number.MIN_VALUE,
    lnMax: logBelowPowerOfTwo(1023, powerOfTwo(-53)),
    subnormals: true,
    infinities: true,
    nan: true,
    signedZero: true,
  });
}

/** True if every number of the format is a float32. */
export function fitsFloat32(format: Format): boolean {
  return (
    format.kind === 'binary' &&
    format.precision <= 24 &&
    format.emax <= 127 &&
    (format.subnormals ? format.emin + 1 - format.precision >= -149 : format.emin >= -149)
  );
}

/** True if both formats hold the same numbers. */
export function sameNumbers(a: Format, b: Format): boolean {
  if (a.kind === 'decimal' || b.kind === 'decimal') return a.name === b.name;
  return (
    a.precision === b.precision &&
    a.emin === b.emin &&
    a.largest === b.largest &&
    a.subnormals === b.subnormals &&
    a.infinities === b.infinities &&
    a.nan === b.nan &&
    a.signedZero === b.signedZero
  );
}
