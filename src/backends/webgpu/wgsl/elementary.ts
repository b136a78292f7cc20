/**
 * WGSL: exp, tanh and erf of float32 numbers in fixed point of 96 bits behind the point, evaluated by Taylor's series about
 * the nearest multiple of 1/64 (tables: elementary-tables.ts) and rounded once from 64 bits and a jammed tail.
 *
 * Error, in units of 2^−96. Coefficients are nearest: ½ each. A product loses less than 4 (fixed_multiply), and 2^−7 of that at
 * each further step, since |h| ≤ 2^−7. 14 terms with |a_n| ≤ 1.6 (Cauchy's bound on the circle of radius 1 for tanh, Cramér's
 * on Hermite polynomials for erf; e^c/n! for exp) leave less than ½: 6 units in all. exp's reduced argument is wrong by at most
 * ½ for each of the |k| ≤ 186 multiples of ln 2, and its result is below 2.1: 2^8 units. Near 0, tanh and erf are x times a
 * series of x² of 7 terms, x² ≤ 2^−14, the square wrong by 1 and one product more: 12 units, relative to x.
 *
 * Results have their first bit at 2^−8 or above (2^−2 relative to x near 0, 2^−1 for exp), so normalizing shifts by at most 40
 * (34, 32) and the error is below 2^43 of the 2^64 units behind the 64 bits that are rounded. Where these are that near to 0 or
 * 2^64, and the neighbour across has another tail, that is rounded too; an element where the two differ is undecided
 * (undecided.ts).
 */

import { undecidedWgsl } from './undecided.ts';

export { type ElementaryName, elementaryNames } from './undecided.ts';

/** A fixed-point number has four words, three of them behind the point. */
export const FRACTION_BITS = 96;
export const FIXED_WORDS = 4;
/** Coefficients of a row. */
export const TERMS = 14;
/** Centres of the series in a unit. */
export const PER_UNIT = 64;
/** e^r is tabulated from r = −4/64 on; reduced arguments lie in (−0.04, 0.73). */
export const EXP_FIRST = -4;
export const EXP_ROWS = 55;
/** 1 − tanh 23 < 2^−64 and 1 − erf 6.75 < 2^−64: from here on results are the number below 1. */
export const TANH_LIMIT = 23;
export const ERF_LIMIT = 6.75;

/** @param lnTwo ln 2 in fixed point, words, low first */
export function elementaryWgsl(lnTwo: readonly number[]): string {
  return `
// Two's complement, low word first.
alias Fixed = vec4<u32>;

const LN_2 = Fixed(${lnTwo.map((word) => `${word}u`).join(', ')});

fn carry_of(sum: u32, part: u32) -> u32 { return select(0u, 1u, sum < part); }

fn fixed_add(x: Fixed, y: Fixed) -> Fixed {
  var z = x + y;
  var carry = carry_of(z.x, y.x);
  z.y += carry;
  carry = carry_of(z.y, carry) + carry_of(x.y + y.y, y.y);
  z.z += carry;
  carry = carry_of(z.z, carry) + carry_of(x.z + y.z, y.z);
  z.w += carry;
  return z;
}

fn fixed_negate(x: Fixed) -> Fixed { return fixed_add(~x, Fixed(1u, 0u, 0u, 0u)); }

fn plus(sum: Wide, x: u32) -> Wide {
  let lo = sum.lo + x;
  return Wide(sum.hi + carry_of(lo, x), lo);
}

// x·y of x ≥ 0 and 0 ≤ y < 1. Dropped: three low words below 1 unit each, and less than 2^−30 of what is lower still.
fn fixed_multiply(x: Fixed, y: vec3<u32>) -> Fixed {
  let a = multiply_wide(x.y, y.z);
  let b = multiply_wide(x.z, y.y);
  let c = multiply_wide(x.w, y.x);
  let d = multiply_wide(x.z, y.z);
  let e = multiply_wide(x.w, y.y);
  let f = multiply_wide(x.w, y.z);
  var column = Wide(0u, multiply_wide(x.x, y.z).hi);
  column = plus(plus(column, multiply_wide(x.y, y.y).hi), multiply_wide(x.z, y.x).hi);
  column = plus(plus(plus(column, a.lo), b.lo), c.lo);
  let first = column.lo;
  column = plus(plus(plus(Wide(0u, column.hi), a.hi), b.hi), c.hi);
  column = plus(plus(column, d.lo), e.lo);
  let second = column.lo;
  column = plus(plus(plus(Wide(0u, column.hi), d.hi), e.hi), f.lo);
  return Fixed(first, second, column.lo, column.hi + f.hi);
}

// m·2^exponent for a result below 2^31; what lies below the last digit is dropped.
fn fixed_from(m: u32, exponent: i32) -> Fixed {
  let at = exponent + ${FRACTION_BITS};
  if (at <= -32) { return Fixed(); }
  if (at < 0) { return Fixed(m >> u32(-at), 0u, 0u, 0u); }
  let by = u32(at & 31);
  let wide = shift_left(Wide(0u, m), by);
  switch (at >> 5u) {
    case 0: { return Fixed(wide.lo, wide.hi, 0u, 0u); }
    case 1: { return Fixed(0u, wide.lo, wide.hi, 0u); }
    case 2: { return Fixed(0u, 0u, wide.lo, wide.hi); }
    default: { return Fixed(0u, 0u, 0u, wide.lo); }
  }
}

fn coefficient(row: u32, n: u32) -> Fixed {
  let at = (row * ${TERMS}u + n) * ${FIXED_WORDS}u;
  return Fixed(table[at], table[at + 1u], table[at + 2u], table[at + 3u]);
}

fn is_negative(x: Fixed) -> bool { return x.w >= SIGN_BIT; }

// Σ a_n h^n, n < terms, by Horner's rule; the argument is h or, where \`negative\`, −h.
fn series(row: u32, terms: u32, h: vec3<u32>, negative: bool) -> Fixed {
  var sum = coefficient(row, terms - 1u);
  for (var n = terms - 1u; n > 0u; n--) {
    let below = is_negative(sum);
    if (below) { sum = fixed_negate(sum); }
    var product = fixed_multiply(sum, h);
    if (below != negative) { product = fixed_negate(product); }
    sum = fixed_add(coefficient(row, n - 1u), product);
  }
  return sum;
}

// f(x) from the row of the nearest multiple of 1/64; the first row is that of first/64.
fn near_row(x: Fixed, first: i32) -> Fixed {
  // In units of 2^−16.
  let high = i32((x.w << 16u) | (x.z >> 16u));
  let row = (high + 512) >> 10u;
  let rest = high - (row << 10u);
  var h = Fixed(x.xy, (u32(rest) << 16u) | (x.z & 0xffffu), u32(rest >> 16u));
  let negative = is_negative(h);
  if (negative) { h = fixed_negate(h); }
  return series(u32(row - first), ${TERMS}u, h.xyz, negative);
}

// A value and, where it may be the next one that is right, what to add to m for that: ±2.
struct Approximation { value: Value, up: bool, down: bool }

fn exactly(value: Value) -> Approximation { return Approximation(value, false, false); }

// x·2^e of x > 2^−40 that stands for a real which is no number.
fn approximation(sign: u32, e: i32, x: Fixed) -> Approximation {
  // At most one word of zeros in front.
  let skip = x.w == 0u;
  let bits = select(x, Fixed(0u, x.xyz), skip);
  let by = countLeadingZeros(bits.w);
  let high = shift_left(Wide(bits.w, bits.z), by);
  let low = shift_left(Wide(bits.y, bits.x), by);
  let last = high.lo | select(bits.y >> (32u - by), 0u, by == 0u);
  let zeros = i32(by + select(0u, 32u, skip));
  let value = Value(sign, e + ${127 - FRACTION_BITS} - zeros, Wide(high.hi, last | 1u));
  // Between an even m and the next one, and from there to the next but one, all is the same number with its tail jammed.
  let odd = (last & 1u) != 0u;
  return Approximation(value, odd && low.hi >= 0xfffff800u, !odd && low.hi < 0x800u);
}

const BELOW_ONE = Wide(0xffffffffu, 0xffffffffu);

fn exp_of(x: Value) -> Approximation {
  if (x.e < -64) {
    if (x.sign != 0u) { return exactly(Value(0u, -1, BELOW_ONE)); }
    return exactly(Value(0u, 0, Wide(SIGN_BIT, 1u)));
  }
  // Beyond every number, and below 2^−32 of the smallest one's gap: |x| ≥ 128, e^−128 < 2^−184.
  if (x.e >= 7) { return exactly(Value(0u, select(300, -300, x.sign != 0u), Wide(SIGN_BIT, 1u))); }
  let significand = x.m.hi >> 8u;
  let rest = fixed_from(significand, x.e - 23);
  // k = ⌊|x|·log2 e⌋, or one less: 12 bits of |x| behind the point, 2954 = ⌊2^11·log2 e⌋.
  let twelve = select(significand >> u32(11 - x.e), 0u, x.e < -12);
  var k = (twelve * 2954u) >> 23u;
  if (x.sign != 0u) { k += 1u; }
  let x0 = multiply_wide(LN_2.x, k);
  let x1 = plus(multiply_wide(LN_2.y, k), x0.hi);
  let x2 = plus(multiply_wide(LN_2.z, k), x1.hi);
  let multiple = Fixed(x0.lo, x1.lo, x2.lo, x2.hi);
  if (x.sign != 0u) {
    return approximation(0u, -i32(k), near_row(fixed_add(multiple, fixed_negate(rest)), ${EXP_FIRST}));
  }
  return approximation(0u, i32(k), near_row(fixed_add(rest, fixed_negate(multiple)), ${EXP_FIRST}));
}

// tanh and erf.
fn odd_of(x: Value, limit: u32, tanh: bool) -> Approximation {
  if (x.e >= 5) { return exactly(Value(x.sign, -1, BELOW_ONE)); }
  let significand = x.m.hi >> 8u;
  if (x.e < -7) {
    // tanh x = x·(1 − x²/3 + …), and x²/3 < 2^−64.
    if (tanh && x.e < -32) { return exactly(normalized(x.sign, x.e, subtract_wide(x.m, Wide(0u, 1u)))); }
    let square = multiply_wide(significand, significand);
    // At most 48 bits, in two parts.
    let high = fixed_from((square.hi << 8u) | (square.lo >> 24u), 2 * x.e - 22);
    let low = fixed_from(square.lo & 0x00ffffffu, 2 * x.e - 46);
    let factor = series(0u, ${TERMS / 2}u, fixed_add(high, low).xyz, false);
    return approximation(x.sign, x.e + 1, fixed_multiply(factor, fixed_from(significand, -24).xyz));
  }
  let size = fixed_from(significand, x.e - 23);
  if (((size.w << 2u) | (size.z >> 30u)) >= limit) { return exactly(Value(x.sign, -1, BELOW_ONE)); }
  return approximation(x.sign, 0, near_row(size, 0));
}

${undecidedWgsl}
fn elementary(r: Rounding, name: u32, x: u32, word: u32) -> u32 {
  let size = magnitude_of(x);
  if (size > INFINITY_BITS) { return r.nan; }
  if (name == 0u) {
    if (size == 0u) { return convert(r, 0x3f800000u, word); }
    if (size == INFINITY_BITS) {
      if (x != size) { return zero_of(r, 0u); }
      return infinity_of(r, 0u);
    }
  } else {
    if (size == 0u) { return zero_of(r, x); }
    if (size == INFINITY_BITS) { return convert(r, (x & SIGN_BIT) | 0x3f800000u, word); }
  }
  let v = unpack(x);
  var result: Approximation;
  switch (name) {
    case 0u: { result = exp_of(v); }
    case 1u: { result = odd_of(v, ${4 * TANH_LIMIT}u, true); }
    default: { result = odd_of(v, ${4 * ERF_LIMIT}u, false); }
  }
  return decided(r, name, x, result, word);
}
`;
}
