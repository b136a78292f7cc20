/**
 * WGSL: exact results of operations on float32 bit patterns, before any rounding. Modelled on Berkeley SoftFloat: unpack,
 * compute exactly with what lies below jammed into the last bit, round once at the end (rounding.ts). Integers only, so
 * that nothing depends on what the hardware does with float32.
 */

/**
 * A `Value` is (−1)^sign·m·2^(e − 63), 2^63 ≤ m < 2^64, or 0 with m = 0. Its last bit stands for an inexact tail: m odd
 * means a real strictly between m − 1 and m + 1. Roundings look at 24 + 32 bits at most (stochastic ones; the others at
 * 25), so 7 bits are to spare.
 *
 * add_values: the larger operand's m ends in at least 16 zeros (24 or 48 significant bits), so it is even, and jamming the
 * other one moves the sum within its interval between even numbers only. Where more than one bit cancels, the exponents
 * differ by at most 1 and nothing was jammed.
 */
export const valuesWgsl = `
struct Value { sign: u32, e: i32, m: Wide }

// A finite float32.
fn unpack(bits: u32) -> Value {
  let size = magnitude_of(bits);
  let sign = bits & SIGN_BIT;
  if (size >= 0x00800000u) {
    return Value(sign, i32(size >> 23u) - 127, Wide((size << 8u) | SIGN_BIT, 0u));
  }
  if (size == 0u) { return Value(sign, 0, Wide(0u, 0u)); }
  let zeros = countLeadingZeros(size);
  return Value(sign, -118 - i32(zeros), Wide(size << zeros, 0u));
}

// m with any top bit; not 0.
fn normalized(sign: u32, e: i32, m: Wide) -> Value {
  let zeros = leading_zeros(m);
  return Value(sign, e - i32(zeros), shift_left(m, zeros));
}

fn multiply_values(x: Value, y: Value) -> Value {
  if (x.m.hi == 0u || y.m.hi == 0u) { return Value(x.sign ^ y.sign, 0, Wide(0u, 0u)); }
  return normalized(x.sign ^ y.sign, x.e + y.e + 1, multiply_wide(x.m.hi, y.m.hi));
}

// m = 0 where the sum is: then its sign is the caller's.
fn add_values(x: Value, y: Value) -> Value {
  if (x.m.hi == 0u) { return y; }
  if (y.m.hi == 0u) { return x; }
  var a = x;
  var b = y;
  if (x.e < y.e || (x.e == y.e && less_wide(x.m, y.m))) {
    a = y;
    b = x;
  }
  let small = shift_right_jam(b.m, u32(a.e - b.e));
  if (a.sign == b.sign) {
    let sum = add_wide(a.m, small);
    if (!less_wide(sum, a.m)) { return Value(a.sign, a.e, sum); }
    let half = shift_right_jam(sum, 1u);
    return Value(a.sign, a.e + 1, Wide(half.hi | SIGN_BIT, half.lo));
  }
  let difference = subtract_wide(a.m, small);
  if ((difference.hi | difference.lo) == 0u) { return Value(0u, 0, difference); }
  return normalized(a.sign, a.e, difference);
}

// x/y of nonzero values of 24 bits: 57 bits of the quotient, eight at a time, and the remainder jammed.
fn divide_values(x: Value, y: Value) -> Value {
  let divisor = y.m.hi >> 8u;
  var rest = x.m.hi >> 8u;
  var e = x.e - y.e;
  if (rest < divisor) {
    rest = rest << 1u;
    e -= 1;
  }
  var q = Wide(0u, 1u);
  rest -= divisor;
  for (var i = 0; i < 7; i++) {
    rest = rest << 8u;
    let digit = rest / divisor;
    rest -= digit * divisor;
    q = Wide((q.hi << 8u) | (q.lo >> 24u), (q.lo << 8u) | digit);
  }
  let m = shift_left(q, 7u);
  return Value(x.sign ^ y.sign, e, Wide(m.hi, m.lo | select(0u, 1u, rest != 0u)));
}

// The root of x > 0 of 24 bits: 57 bits of it, one at a time, and the remainder jammed. 2·root + 1 stays below 2^59.
fn root_of_value(x: Value) -> Value {
  // x = s·2^(2h − 24) with s < 2^26, so that the root's first bit is that of ⌊√s⌋, 2^12.
  let odd = u32(x.e & 1);
  var radicand = x.m.hi >> (7u - odd);
  var rest = Wide(0u, 0u);
  var root = Wide(0u, 0u);
  for (var i = 0; i < 57; i++) {
    // Bits 25 and 24 of the radicand come next; behind them there are zeros.
    rest = Wide((rest.hi << 2u) | (rest.lo >> 30u), (rest.lo << 2u) | (radicand >> 24u));
    radicand = (radicand << 2u) & 0x03ffffffu;
    let trial = Wide((root.hi << 2u) | (root.lo >> 30u), (root.lo << 2u) | 1u);
    root = Wide((root.hi << 1u) | (root.lo >> 31u), root.lo << 1u);
    if (!less_wide(rest, trial)) {
      rest = subtract_wide(rest, trial);
      root.lo |= 1u;
    }
  }
  let m = shift_left(root, 7u);
  return Value(0u, (x.e - i32(odd)) / 2, Wide(m.hi, m.lo | select(0u, 1u, (rest.hi | rest.lo) != 0u)));
}
`;
