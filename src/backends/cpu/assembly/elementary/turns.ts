/** sin and cos of float64 numbers of any size. */
import { COSINE_TABLE, SERIES_BYTES, SINE_TABLE, TURNS_TABLE } from './layout';
import { firstOf, low, normalized, setLow, upper } from './parts';
import { series } from './series';

/** 2/π: 26 bits, and the rest. */
@inline const QUARTERS_1: f64 = 0.6366197615861893; // 0x3fe45f30 68000000
@inline const QUARTERS_2: f64 = 1.0781392073056004e-8; // 0x3e472722 0a94fe14

let quadrant: i32 = 0;

/** The upper half of the product. */
@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  const carry = al * bh + (middle & 0xffffffff);
  return ah * bh + (middle >> 32) + (carry >> 32);
}

/** 64 bits of the table from this bit on. */
@inline
function digits(word: usize, shift: u64): u64 {
  return (load<u64>(word) << shift) | ((load<u64>(word, 8) >> 1) >> (63 - shift));
}

/**
 * x in quarter turns: x·2/π = q + f, q the nearest integer, its last bits left in `quadrant`, f = hi + lo. 0.75 ≤ |x| < ∞.
 * Method: x = m·2^e; of 2^e/2π the 192 bits behind the point, times m, modulo 1 (M. H. Payne and R. N. Hanek, 1983). Cut off
 * are 2^−139 there and 2^−128 of the product; two zeros at the end of f are below 2^−88 then.
 * Below 2^−20 f would not be accurate enough, relative to itself: f = 0 stands for undecided.
 */
function reduced(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const m = (bits & 0xfffffffffffff) | 0x10000000000000;
  // e + 64 ≥ 11.
  const offset = ((bits >> 52) & 0x7ff) - 1075 + 64;
  const word = TURNS_TABLE + (<usize>(offset >> 6) << 3);
  const shift = offset & 63;
  const f1 = digits(word + 8, shift), f2 = digits(word + 16, shift);
  const middle = m * f1 + multiplyHigh(m, f2);
  const high = m * digits(word, shift) + multiplyHigh(m, f1) + u64(middle < m * f1);
  const u = (high << 2) | (middle >> 62);
  quadrant = <i32>(high >> 62) + <i32>(u >> 63);
  const first = <f64>(<i64>u >> 28) * 1.4551915228366852e-11; // 2^−36
  const second = <f64>((u & 0xfffffff) << 24 | ((middle << 2) >> 40)) * 3.2311742677852644e-27; // 2^−88
  const f = normalized(first, second);
  return abs(f) < 9.5367431640625e-7 ? 0 : f;
}

/** The same for smaller x, where q = 0. */
@inline
function scaled(x: f64): f64 {
  const xh = upper(x);
  return normalized(xh * QUARTERS_1, (x - xh) * QUARTERS_1 + x * QUARTERS_2);
}

/** sin or cos (`ahead` = 1: sin of a quarter turn more) of 2^−28 ≤ |x| < ∞; hi = lo = 0 where undecided. */
@inline
export function sine(x: f64, ahead: i32): f64 {
  const size = abs(x);
  quadrant = 0;
  const f = size < 0.75 ? scaled(size) : reduced(size);
  if (f == 0) {
    setLow(0);
    return 0;
  }
  const fl = f < 0 ? -low() : low();
  const distance = abs(f);
  const centre = nearest(distance * 64);
  const q = quadrant + ahead;
  const entry = (q & 1 ? COSINE_TABLE : SINE_TABLE) + <usize>centre * SERIES_BYTES;
  const hi = firstOf(series(entry, entry, f64x2.splat(distance - centre * 0.015625), f64x2.splat(fl)));
  // Signs: of x for sin, of f where the sine is taken, and those of the second half turn.
  const negative = i32(!ahead && x < 0) ^ i32(!(q & 1) && f < 0) ^ ((q >> 1) & 1);
  if (!negative) return hi;
  setLow(-low());
  return -hi;
}
