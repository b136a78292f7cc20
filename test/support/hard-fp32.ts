/** Operands in fp32 whose exact results lie nearest to a boundary of rounding: found by search, or constructed. */

/**
 * The fp32 operands whose results are nearest to a number of 25 bits without being one, log2 of the relative distance of
 * the first in brackets. Searched in full: exp 2^−6 ≤ |x| < 88, tanh and erf from 2^−6 on, sin and cos 2^−13 to 2^11, log
 * 2^−8 to 2^9, 1/√x for all significands. 1/x is never nearer than 2^−49.
 */
export const HARDEST = {
  // (−52.6)
  exp: [
    ...[-14.567090034484863, -45.68510437011719, -0.4189421236515045, 2.771191358566284, 2.0265066623687744],
    ...[-0.3978530466556549, 81.26973724365234, 0.037635140120983124, 68.28939056396484, 1.984464406967163],
  ],
  // (−51.9)
  tanh: [
    ...[3.3887107372283936, 2.2778258323669434, 3.360717535018921, 0.02244088612496853, 0.4648849368095398],
    0.29959726333618164,
  ],
  // (−52.2)
  erf: [0.8967614769935608, 0.5165169835090637],
  // (−56.7)
  sin: [
    ...[252.89820861816406, 4.71238899230957, 1.3086903095245361, 241.6792449951172, 0.7299242615699768],
    ...[187.455322265625, 0.47560927271842957, 2.3609282970428467, 0.1012374684214592, 0.0032687161583453417],
  ],
  // (−54.7)
  cos: [
    ...[505.7964172363281, 0.00881955586373806, 3.25966477394104, 1011.5928344726562, 0.000244140625],
    ...[0.0058593833819031715, 0.0008097228710539639, 49.89141082763672, 321.47796630859375, 9.42477798461914],
  ],
  // (−54.6)
  log: [
    ...[9.472636222839355, 0.011794382706284523, 0.00758158415555954, 43.62470245361328, 13.331658363342285],
    ...[7.275149822235107, 0.1671910434961319, 238.8250732421875, 352.500732421875, 1.6515148878097534],
  ],
  reciprocal: [1.0515464544296265, 1.060921311378479, 1.11701238155365, 1.0000001192092896, 1.9999998807907104],
  // (−52.3)
  rsqrt: [
    ...[1.4841508865356445, 3.3393394947052, 2.907768964767456, 1.8895809650421143, 2.1552867889404297],
    ...[3.987612009048462, 1.0000001192092896, 3.999999523162842, 0.25, 1, 4, 2 ** -149, 2 ** -148, 2 ** 126],
  ],
} as const satisfies Readonly<Record<string, readonly number[]>>;

/** An integer below 2^bits with x·odd ≡ 1 (mod 2^bits), by Newton's iteration. */
function inverse(odd: bigint, bits: number): bigint {
  let x = odd;
  for (let known = 3; known < bits; known *= 2) x = BigInt.asUintN(bits, x * (2n - odd * x));
  return x;
}

/**
 * Quotients of fp32 next to a midpoint: q·y + r = x·2^25 with q odd of 25 bits and |r| small, so that x/y is q·2^−25 but for
 * r·2^−25/y, and no quotient of 24-bit significands that is not a midpoint is nearer than those of |r| = 1.
 * @param count how many odd significands y are tried, from 2^23 + 1 on by steps
 */
export function hardQuotients(count: number): [x: number, y: number][] {
  const step = 2 * Math.max(1, Math.floor(2 ** 22 / count));
  const found: [number, number][] = [];
  for (let y = 2 ** 23 + 1; y < 2 ** 24; y += step) {
    const inverseOfY = inverse(BigInt(y), 25);
    for (const r of [1n, -1n, 3n, -3n]) {
      const q = BigInt.asUintN(25, -r * inverseOfY);
      if (q >= 1n << 24n) found.push([Number((q * BigInt(y) + r) >> 25n), y]);
    }
  }
  return found;
}

/**
 * Squares of fp32 next to that of a midpoint: x·2^s = q² − r with q odd of 25 bits, s = 25 or 26, and |r| small: √(x·2^s) is
 * q but for r/(2q). Those have r ≡ 1 (mod 8), since squares of odd numbers have.
 */
export function hardSquares(): number[] {
  const found: number[] = [];
  for (const bits of [25, 26]) {
    for (let r = -95; r <= 97; r += 8) {
      for (const q of rootsOf(BigInt(r), bits)) {
        const x = (q * q - BigInt(r)) >> BigInt(bits);
        if (q >> 24n === 1n && x >> 23n === 1n) {
          // Odd powers of two are taken into x.
          found.push(bits === 25 ? 2 * Number(x) : Number(x));
        }
      }
    }
  }
  return found;
}

/** All q below 2^bits with q² ≡ r (mod 2^bits), of r ≡ 1 (mod 8), bit by bit. */
function rootsOf(r: bigint, bits: number): bigint[] {
  let roots = [1n, 3n, 5n, 7n];
  for (let known = 4; known <= bits; known++) {
    const candidates = roots.flatMap((q) => [q, q + (1n << BigInt(known - 1))]);
    roots = [...new Set(candidates)].filter((q) => BigInt.asUintN(known, q * q - r) === 0n);
  }
  return roots;
}
