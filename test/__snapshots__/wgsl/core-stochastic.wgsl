
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }

struct Wide { hi: u32, lo: u32 }

// x·y of two words.
fn multiply_wide(x: u32, y: u32) -> Wide {
  let xl = x & 0xffffu;
  let xh = x >> 16u;
  let yl = y & 0xffffu;
  let yh = y >> 16u;
  let low = xl * yl;
  let middle = xh * yl + (low >> 16u);
  let carry = xl * yh + (middle & 0xffffu);
  return Wide(xh * yh + (middle >> 16u) + (carry >> 16u), (carry << 16u) | (low & 0xffffu));
}

// x >> by for any by; 1s that are shifted out leave a 1 in the last place ("jamming", as SoftFloat has it).
fn shift_right_jam(x: Wide, by: u32) -> Wide {
  if (by == 0u) { return x; }
  if (by < 32u) {
    let lost = select(0u, 1u, (x.lo << (32u - by)) != 0u);
    return Wide(x.hi >> by, (x.hi << (32u - by)) | (x.lo >> by) | lost);
  }
  if (by == 32u) { return Wide(0u, x.hi | select(0u, 1u, x.lo != 0u)); }
  if (by < 64u) {
    let lost = select(0u, 1u, (x.lo | (x.hi << (64u - by))) != 0u);
    return Wide(0u, (x.hi >> (by - 32u)) | lost);
  }
  return Wide(0u, select(0u, 1u, (x.hi | x.lo) != 0u));
}

// x << by, by < 64.
fn shift_left(x: Wide, by: u32) -> Wide {
  if (by == 0u) { return x; }
  if (by < 32u) { return Wide((x.hi << by) | (x.lo >> (32u - by)), x.lo << by); }
  return Wide(x.lo << (by - 32u), 0u);
}

fn leading_zeros(x: Wide) -> u32 {
  return select(countLeadingZeros(x.hi), 32u + countLeadingZeros(x.lo), x.hi == 0u);
}

fn add_wide(x: Wide, y: Wide) -> Wide {
  let lo = x.lo + y.lo;
  return Wide(x.hi + y.hi + select(0u, 1u, lo < x.lo), lo);
}

fn subtract_wide(x: Wide, y: Wide) -> Wide {
  return Wide(x.hi - y.hi - select(0u, 1u, x.lo < y.lo), x.lo - y.lo);
}

fn less_wide(x: Wide, y: Wide) -> bool {
  return x.hi < y.hi || (x.hi == y.hi && x.lo < y.lo);
}

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

// The format's p − 1 and emin; the mode; the bits of: the largest number, the least one that does not vanish, ±infinity,
// what a finite ±value beyond the largest becomes, NaN, −0 and x − x. Where the format has none of these, what stands for it.
// Last, what float32 operations may do (quick.ts).
struct Rounding {
  tail: i32, emin: i32, mode: u32, largest: u32, least: u32,
  plus_infinity: u32, minus_infinity: u32, plus_beyond: u32, minus_beyond: u32,
  nan: u32, minus_zero: u32, cancelled: u32,
  quick: u32,
}

const NEAREST_EVEN = 0u;
const NEAREST_AWAY = 1u;
const DOWN = 3u;
const UP = 4u;
const ODD = 5u;
const STOCHASTIC = 6u;

fn zero_of(r: Rounding, sign: u32) -> u32 { return sign & r.minus_zero; }
fn infinity_of(r: Rounding, sign: u32) -> u32 { return select(r.plus_infinity, r.minus_infinity, sign != 0u); }

// Whether |x| = n + fraction goes to n + 1: `top` is the fraction's first 32 bits, `more` is nonzero if others are.
fn rounds_away(r: Rounding, sign: u32, n: u32, top: u32, more: u32, word: u32) -> bool {
  let inexact = (top | more) != 0u;
  switch (r.mode) {
    case NEAREST_EVEN: { return top > SIGN_BIT || (top == SIGN_BIT && (more != 0u || (n & 1u) == 1u)); }
    case NEAREST_AWAY: { return top >= SIGN_BIT; }
    case DOWN: { return inexact && sign != 0u; }
    case UP: { return inexact && sign == 0u; }
    case ODD: { return inexact && (n & 1u) == 0u; }
    case STOCHASTIC: { return word < top; }
    default: { return false; }
  }
}

// R of a value that is not 0. The word is the stochastic rounding's.
fn rounded(r: Rounding, v: Value, word: u32) -> u32 {
  // The numbers near v are the multiples of 2^q; m has `drop` bits below that, at least 40.
  let q = max(v.e, r.emin) - r.tail;
  let drop = u32(min(q - v.e + 63, 96));
  var n = 0u;
  var top = 0u;
  var more = 1u;
  if (drop < 64u) {
    n = v.m.hi >> (drop - 32u);
    top = (v.m.hi << (64u - drop)) | (v.m.lo >> (drop - 32u));
    more = v.m.lo << (64u - drop);
  } else if (drop == 64u) {
    top = v.m.hi;
    more = v.m.lo;
  } else if (drop < 96u) {
    top = v.m.hi >> (drop - 64u);
    more = (v.m.hi << (96u - drop)) | v.m.lo;
  }
  n += select(0u, 1u, rounds_away(r, v.sign, n, top, more, word));
  if (n == 0u) { return zero_of(r, v.sign); }
  let zeros = countLeadingZeros(n);
  let e = q + 31 - i32(zeros);
  var size = INFINITY_BITS;
  if (e < -126) {
    size = n << u32(q + 149);
  } else if (e <= 127) {
    size = (u32(e + 127) << 23u) | (((n << zeros) >> 8u) & 0x007fffffu);
  }
  if (size > r.largest) { return select(r.plus_beyond, r.minus_beyond, v.sign != 0u); }
  if (size < r.least) { return zero_of(r, v.sign); }
  return v.sign | size;
}

fn convert(r: Rounding, x: u32, word: u32) -> u32 {
  let size = magnitude_of(x);
  if (size > INFINITY_BITS) { return r.nan; }
  if (size == INFINITY_BITS) { return infinity_of(r, x & SIGN_BIT); }
  if (size == 0u) { return zero_of(r, x); }
  return rounded(r, unpack(x), word);
}

// R(x + y) of exact values, of which one or both may be 0.
fn sum_of(r: Rounding, x: Value, y: Value, word: u32) -> u32 {
  let sum = add_values(x, y);
  if (sum.m.hi != 0u) { return rounded(r, sum, word); }
  if ((x.m.hi | y.m.hi) == 0u && x.sign == y.sign) { return zero_of(r, x.sign); }
  return r.cancelled;
}

// x + y where one of them is infinite or NaN.
fn unlimited_sum(r: Rounding, x: u32, y: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  if (a > INFINITY_BITS || b > INFINITY_BITS || (a == b && x != y)) { return r.nan; }
  return infinity_of(r, select(y, x, a == INFINITY_BITS) & SIGN_BIT);
}

fn add(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  if (magnitude_of(x) >= INFINITY_BITS || magnitude_of(y) >= INFINITY_BITS) { return unlimited_sum(r, x, y); }
  return sum_of(r, unpack(x), unpack(y), word);
}

fn subtract(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return add(r, x, y ^ SIGN_BIT, word); }

fn multiply(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let sign = (x ^ y) & SIGN_BIT;
  if (a >= INFINITY_BITS || b >= INFINITY_BITS) {
    if (a > INFINITY_BITS || b > INFINITY_BITS || a == 0u || b == 0u) { return r.nan; }
    return infinity_of(r, sign);
  }
  if (a == 0u || b == 0u) { return zero_of(r, sign); }
  return rounded(r, multiply_values(unpack(x), unpack(y)), word);
}

fn divide(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let sign = (x ^ y) & SIGN_BIT;
  if (a > INFINITY_BITS || b > INFINITY_BITS || (a == b && (a == 0u || a == INFINITY_BITS))) { return r.nan; }
  if (a == INFINITY_BITS || b == 0u) { return infinity_of(r, sign); }
  if (a == 0u || b == INFINITY_BITS) { return zero_of(r, sign); }
  return rounded(r, divide_values(unpack(x), unpack(y)), word);
}

fn fused_multiply_add(r: Rounding, x: u32, y: u32, z: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let c = magnitude_of(z);
  if (a > INFINITY_BITS || b > INFINITY_BITS || c > INFINITY_BITS) { return r.nan; }
  if (a == INFINITY_BITS || b == INFINITY_BITS) {
    if (a == 0u || b == 0u) { return r.nan; }
    return unlimited_sum(r, ((x ^ y) & SIGN_BIT) | INFINITY_BITS, z);
  }
  if (c == INFINITY_BITS) { return infinity_of(r, z & SIGN_BIT); }
  return sum_of(r, multiply_values(unpack(x), unpack(y)), unpack(z), word);
}

fn root(r: Rounding, x: u32, word: u32) -> u32 {
  let size = magnitude_of(x);
  if (size == 0u) { return zero_of(r, x); }
  if (size > INFINITY_BITS || x != size) { return r.nan; }
  if (size == INFINITY_BITS) { return infinity_of(r, 0u); }
  return rounded(r, root_of_value(unpack(x)), word);
}

// key (low, high), hash of the site's name, the operation's first step.
struct Addresses { key_low: u32, key_high: u32, hash: u32, step: u32, start: u32, width: u32, stride: u32 }

fn element_of(at: Addresses, index: u32) -> u32 {
  return at.start + (index / at.width) * at.stride + index % at.width;
}


// The word of a rounding: the first of four at the counter (element, step, hash, 0).
fn random_word(at: Addresses, element: u32, step: u32) -> u32 {
  var c0 = element;
  var c1 = at.step + step;
  var c2 = at.hash;
  var c3 = 0u;
  var k0 = at.key_low;
  var k1 = at.key_high;
  for (var i = 0; i < 10; i++) {
    let p = multiply_wide(0xd2511f53u, c0);
    let q = multiply_wide(0xcd9e8d57u, c2);
    c0 = q.hi ^ c1 ^ k0;
    c1 = q.lo;
    c2 = p.hi ^ c3 ^ k1;
    c3 = p.lo;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return c0;
}

fn word_of(at: Addresses, element: u32, step: u32) -> u32 { return random_word(at, element, step); }
