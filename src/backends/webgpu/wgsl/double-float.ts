/**
 * WGSL: double-float numbers, hi + lo of two float32 numbers with |lo| ≤ ½ ulp(hi), of at least 46 bits. With u = 2^−24, an
 * operation's relative error is below (M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic building
 * blocks of double-word arithmetic", ACM TOMS 44, 2017; J.-M. Muller, L. Rideau, "Formalization of double-word arithmetic, and
 * comments on …", 2022): 3.01u² for a sum, 5u² for a product. Division and square root take one step of Newton's more than
 * those of that paper, so that the hardware's may be wrong by some ulps.
 *
 * What all rests on, and the probe measures: + − × round to nearest even, and no expression is reordered. Contraction of
 * a·b + c is let do no harm: halves of 12 bits have exact products, and a rounded product becomes `opaque` before it is
 * subtracted. Numbers below 2^−126 may become 0, so an error of 2^−126 comes to each operation, and below 2^−80 numbers have
 * fewer bits; above 2^127 they are infinite, of which the other half is 0.
 */
import { ERF_LIMIT, TANH_LIMIT } from './elementary.ts';

/** @param T `f32` or `vec4<f32>`; names end with `suffix` */
function operationsWgsl(T: string, suffix: string): string {
  const words = T === 'f32' ? 'u32' : 'vec4<u32>';
  const P = `Pair${suffix}`;
  const call = (name: string): string => `${name}${suffix}`;
  return `
struct ${P} { hi: ${T}, lo: ${T} }

fn ${call('opaque')}(x: ${T}) -> ${T} { return bitcast<${T}>(bitcast<${words}>(x) | ${words}(no_bits())); }

// A half where the whole is infinite or NaN is 0.
fn ${call('half_of')}(whole: ${T}, x: ${T}) -> ${T} {
  return select(x, ${T}(0.0), (bitcast<${words}>(whole) & ${words}(INFINITY_BITS)) == ${words}(INFINITY_BITS));
}

// |a| ≥ |b|, or a is 0 or not finite.
fn ${call('quick_sum')}(a: ${T}, b: ${T}) -> ${P} {
  let rest = ${call('half_of')}(a, b);
  let sum = a + rest;
  return ${P}(sum, ${call('half_of')}(sum, rest - (sum - a)));
}

fn ${call('exact_sum')}(a: ${T}, b: ${T}) -> ${P} {
  let sum = a + b;
  let part = sum - a;
  return ${P}(sum, ${call('half_of')}(sum, (a - (sum - part)) + (b - part)));
}

// The nearest number of 12 bits: products of two of them, or of what they leave, are exact.
fn ${call('top')}(x: ${T}) -> ${T} { return bitcast<${T}>((bitcast<${words}>(x) + ${words}(0x800u)) & ${words}(0xfffff000u)); }

fn ${call('exact_product')}(a: ${T}, b: ${T}) -> ${P} {
  let product = ${call('opaque')}(a * b);
  let a1 = ${call('top')}(a);
  let b1 = ${call('top')}(b);
  let a0 = a - a1;
  let b0 = b - b1;
  let error = (((a1 * b1 - product) + a1 * b0) + a0 * b1) + a0 * b0;
  return ${P}(product, ${call('half_of')}(product, error));
}

fn ${call('pair_add')}(x: ${P}, y: ${P}) -> ${P} {
  let s = ${call('exact_sum')}(x.hi, y.hi);
  let t = ${call('exact_sum')}(x.lo, y.lo);
  let v = ${call('quick_sum')}(s.hi, s.lo + t.hi);
  return ${call('quick_sum')}(v.hi, t.lo + v.lo);
}

fn ${call('pair_multiply')}(x: ${P}, y: ${P}) -> ${P} {
  let c = ${call('exact_product')}(x.hi, y.hi);
  return ${call('quick_sum')}(c.hi, c.lo + (x.hi * y.lo + x.lo * y.hi));
}
`;
}

/** For kernels over elements; a function `no_bits() -> u32` gives a 0 that no compiler knows. */
export const doubleFloatWgsl = `${operationsWgsl('f32', '')}
fn pair_negate(x: Pair) -> Pair { return Pair(-x.hi, -x.lo); }

fn pair_scale(x: Pair, by: f32) -> Pair { return pair_multiply(x, Pair(by, 0.0)); }

fn pair_divide(x: Pair, y: Pair) -> Pair {
  let first = x.hi / y.hi;
  if ((bitcast<u32>(first) & INFINITY_BITS) == INFINITY_BITS || (bitcast<u32>(y.hi) & 0x7fffffffu) == INFINITY_BITS) {
    return Pair(first, 0.0);
  }
  var rest = pair_add(x, pair_negate(pair_scale(y, first)));
  let second = rest.hi / y.hi;
  rest = pair_add(rest, pair_negate(pair_scale(y, second)));
  let sum = quick_sum(first, second);
  return pair_add(sum, Pair(rest.hi / y.hi, 0.0));
}

fn pair_root(x: Pair) -> Pair {
  if (!(x.hi > 0.0) || (bitcast<u32>(x.hi) & INFINITY_BITS) == INFINITY_BITS) {
    // 0, +∞ and NaN are their own roots; a negative number has none.
    return Pair(select(x.hi, bitcast<f32>(0x7fc00000u | no_bits()), x.hi < 0.0), 0.0);
  }
  var root = Pair(sqrt(x.hi), 0.0);
  for (var i = 0; i < 2; i++) {
    let rest = pair_add(x, pair_negate(pair_multiply(root, root)));
    root = pair_add(root, Pair(rest.hi / (2.0 * root.hi), 0.0));
  }
  return root;
}
`;

/** For the kernel of products, on four columns at once. */
export const doubleFloatVectorWgsl = operationsWgsl('vec4<f32>', '_4');

/**
 * exp, tanh and erf of hi + lo: of hi in fixed point (elementary.ts), to 2^−48 or better, and Taylor's series in lo. Behind
 * `elementaryWgsl` and `doubleFloatWgsl`.
 */
export const doubleFloatElementaryWgsl = `
fn power_of_two(e: i32) -> f32 { return bitcast<f32>(u32(e + 127) << 23u); }

// The first 48 bits.
fn pair_of(v: Value) -> Pair {
  if (v.e > 127) { return Pair(bitcast<f32>(v.sign | INFINITY_BITS | no_bits()), 0.0); }
  if (v.e < -126) { return Pair(0.0, 0.0); }
  let scale = power_of_two(v.e);
  let hi = f32(v.m.hi >> 8u) * 0x1p-23f;
  let lo = f32(((v.m.hi & 0xffu) << 16u) | (v.m.lo >> 16u)) * 0x1p-47f;
  let size = quick_sum(hi * scale, lo * scale);
  if (v.sign != 0u) { return pair_negate(size); }
  return size;
}

fn pair_elementary(name: u32, x: Pair) -> Pair {
  let bits = bitcast<u32>(x.hi);
  let size = magnitude_of(bits);
  if (size > INFINITY_BITS) { return Pair(x.hi, 0.0); }
  if (name == 0u) {
    if (size == INFINITY_BITS) { return Pair(select(0.0, x.hi, bits == size), 0.0); }
    if (size == 0u) { return Pair(1.0, 0.0); }
    let y = pair_of(exp_of(unpack(bits)).value);
    if (bitcast<u32>(y.hi) == INFINITY_BITS) { return y; }
    return pair_add(y, pair_multiply(y, quick_sum(x.lo, 0.5 * x.lo * x.lo)));
  }
  if (size == INFINITY_BITS) { return Pair(sign(x.hi), 0.0); }
  if (size == 0u) { return Pair(x.hi, 0.0); }
  let y = pair_of(odd_of(unpack(bits), select(${4 * ERF_LIMIT}u, ${4 * TANH_LIMIT}u, name == 1u), name == 1u).value);
  let slope = select(1.1283791670955126 * exp(-x.hi * x.hi), 1.0 - y.hi * y.hi, name == 1u);
  return pair_add(y, Pair(x.lo * slope, 0.0));
}
`;
