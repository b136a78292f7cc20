
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }

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

// key (low, high), hash of the site's name, the operation's first step.
struct Addresses { key_low: u32, key_high: u32, hash: u32, step: u32, start: u32, width: u32, stride: u32 }

fn element_of(at: Addresses, index: u32) -> u32 {
  return at.start + (index / at.width) * at.stride + index % at.width;
}


fn word_of(at: Addresses, element: u32, step: u32) -> u32 { return 0u; }

const QUICK_MULTIPLY = 1u;
const QUICK_ADD = 2u;
const QUICK_FUSED = 4u;
const TRUSTED_LEAST = 243269632u;

var<private> untrusted: bool;

struct Attempt { bits: u32, holds: bool }

// What is added to a magnitude before bits are cut off, all of which `lost` has. The last bit that stays is `last`.
fn bias_of(r: Rounding, sign: u32, lost: u32, last: u32) -> u32 {
  let half = (lost >> 1u) + select(last, lost & 1u, r.mode == NEAREST_AWAY);
  let away = (r.mode == select(UP, DOWN, sign != 0u)) | ((r.mode == ODD) & (last == 0u));
  return select(select(0u, lost, away), half, r.mode <= NEAREST_AWAY);
}

// R of a float32, where it and the result are numbers of at least 2^−98.
fn quickly_rounded(r: Rounding, x: u32) -> Attempt {
  let size = magnitude_of(x);
  // The bits below the last place, and where the format's numbers are subnormal those that they lack.
  let by = u32(23 - r.tail + max(0, r.emin + 127 - i32(size >> 23u)));
  let shift = min(by, 24u);
  let lost = (1u << shift) - 1u;
  // With 23 bits lost the last place left is the hidden 1.
  let last = select(select((size >> shift) & 1u, 1u, shift == 23u), 0u, shift == 0u);
  let y = (size + bias_of(r, x & SIGN_BIT, lost, last)) & ~lost;
  return Attempt((x & SIGN_BIT) | y, (by <= 23u) & (size >= TRUSTED_LEAST) & (y >= r.least) & (y <= r.largest));
}

// A zero, or a number that the format has.
fn is_kept(r: Rounding, size: u32) -> bool { return (size == 0u) | ((size >= r.least) & (size <= r.largest)); }

fn taken(attempt: Attempt) -> u32 {
  untrusted = untrusted | !attempt.holds;
  return attempt.bits;
}

fn convert(r: Rounding, x: u32, word: u32) -> u32 {
  let y = quickly_rounded(r, x);
  let zero = magnitude_of(x) == 0u;
  return taken(Attempt(select(y.bits, x & r.minus_zero, zero), y.holds | zero));
}

fn multiply(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let z = quickly_rounded(r, bitcast<u32>(bitcast<f32>(x) * bitcast<f32>(y)));
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let zero = ((a == 0u) & (b < INFINITY_BITS)) | ((b == 0u) & (a < INFINITY_BITS));
  let holds = zero | (z.holds & ((r.quick & QUICK_MULTIPLY) != 0u));
  return taken(Attempt(select(z.bits, (x ^ y) & r.minus_zero, zero), holds));
}

// x + y, given what the hardware makes of it. Here and below & and | are no branches, as && and ||
// are, of which software devices take very long to compile many.
fn sum_of(r: Rounding, x: u32, y: u32, sum: Attempt) -> Attempt {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let opposite = ((x ^ y) == SIGN_BIT) & (a < INFINITY_BITS);
  let left = (b == 0u) & is_kept(r, a);
  let right = (a == 0u) & is_kept(r, b);
  let bits = select(select(select(sum.bits, y, right), x, left), r.cancelled, opposite);
  return Attempt(bits, opposite | left | right | sum.holds);
}

// The float32 sum of two numbers that the format has, where that is one of them and the other is not 0 with a last bit for
// the other: between the sum and its neighbour on that side. Infinity has no neighbour.
fn odd_sum(r: Rounding, x: u32, y: u32) -> u32 {
  let s = bitcast<u32>(bitcast<f32>(x) + bitcast<f32>(y));
  let other = select(0u, y, s == x) | select(0u, x, s == y);
  let inexact = (magnitude_of(other) != 0u) & (magnitude_of(s) < INFINITY_BITS);
  let some = select(0u, 1u, inexact & (r.tail < 23));
  return (s - (some & ((other ^ s) >> 31u))) | some;
}

fn add(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let s = sum_of(r, x, y, quickly_rounded(r, odd_sum(r, x, y)));
  return taken(Attempt(s.bits, s.holds & ((r.quick & QUICK_ADD) != 0u)));
}

fn subtract(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return add(r, x, y ^ SIGN_BIT, word); }

// R(x·y + z) where x·y is exact in float32, or a zero.
fn fused_multiply_add(r: Rounding, x: u32, y: u32, z: u32, word: u32) -> u32 {
  let product = bitcast<f32>(x) * bitcast<f32>(y);
  let p = bitcast<u32>(product);
  let size = magnitude_of(p);
  let zero = ((magnitude_of(x) == 0u) | (magnitude_of(y) == 0u)) & (size == 0u);
  let s = sum_of(r, p, z, quickly_rounded(r, bitcast<u32>(product + bitcast<f32>(z))));
  return taken(Attempt(s.bits, s.holds & (zero | (size >= TRUSTED_LEAST)) & ((r.quick & QUICK_FUSED) != 0u)));
}
