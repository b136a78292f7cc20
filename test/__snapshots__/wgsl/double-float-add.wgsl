
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }

fn no_bits() -> u32 { return p[0][1]; }

struct Pair { hi: f32, lo: f32 }

fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) | u32(no_bits())); }

// A half where the whole is infinite or NaN is 0.
fn half_of(whole: f32, x: f32) -> f32 {
  return select(x, f32(0.0), (bitcast<u32>(whole) & u32(INFINITY_BITS)) == u32(INFINITY_BITS));
}

// |a| ≥ |b|, or a is 0 or not finite.
fn quick_sum(a: f32, b: f32) -> Pair {
  let rest = half_of(a, b);
  let sum = a + rest;
  return Pair(sum, half_of(sum, rest - (sum - a)));
}

fn exact_sum(a: f32, b: f32) -> Pair {
  let sum = a + b;
  let part = sum - a;
  return Pair(sum, half_of(sum, (a - (sum - part)) + (b - part)));
}

// The nearest number of 12 bits: products of two of them, or of what they leave, are exact.
fn top(x: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) + u32(0x800u)) & u32(0xfffff000u)); }

fn exact_product(a: f32, b: f32) -> Pair {
  let product = opaque(a * b);
  let a1 = top(a);
  let b1 = top(b);
  let a0 = a - a1;
  let b0 = b - b1;
  let error = (((a1 * b1 - product) + a1 * b0) + a0 * b1) + a0 * b0;
  return Pair(product, half_of(product, error));
}

fn pair_add(x: Pair, y: Pair) -> Pair {
  let s = exact_sum(x.hi, y.hi);
  let t = exact_sum(x.lo, y.lo);
  let v = quick_sum(s.hi, s.lo + t.hi);
  return quick_sum(v.hi, t.lo + v.lo);
}

fn pair_multiply(x: Pair, y: Pair) -> Pair {
  let c = exact_product(x.hi, y.hi);
  return quick_sum(c.hi, c.lo + (x.hi * y.lo + x.lo * y.hi));
}

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

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn index_a(i: u32) -> u32 {
  var at = 0u;
  var rest = i;
  at += (rest % p[2][2]) * p[4][0];
  rest = rest / p[2][2];
  at += (rest % p[2][1]) * p[3][3];
  rest = rest / p[2][1];
  at += (rest % p[2][0]) * p[3][2];
  rest = rest / p[2][0];
  at += (rest % p[1][3]) * p[3][1];
  rest = rest / p[1][3];
  at += (rest % p[1][2]) * p[3][0];
  rest = rest / p[1][2];
  at += (rest % p[1][1]) * p[2][3];
  rest = rest / p[1][1];
  return at;
}

fn index_b(i: u32) -> u32 {
  var at = 0u;
  var rest = i;
  at += (rest % p[2][2]) * p[5][2];
  rest = rest / p[2][2];
  at += (rest % p[2][1]) * p[5][1];
  rest = rest / p[2][1];
  at += (rest % p[2][0]) * p[5][0];
  rest = rest / p[2][0];
  at += (rest % p[1][3]) * p[4][3];
  rest = rest / p[1][3];
  at += (rest % p[1][2]) * p[4][2];
  rest = rest / p[1][2];
  at += (rest % p[1][1]) * p[4][1];
  rest = rest / p[1][1];
  return at;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let x = Pair(bitcast<f32>(a[index_a(i)]), bitcast<f32>(a[index_a(i) + p[0][3]]));
  let y = Pair(bitcast<f32>(b[index_b(i)]), bitcast<f32>(b[index_b(i) + p[1][0]]));
  let z = pair_add(x, y);
  result[i] = bitcast<u32>(z.hi);
  result[i + p[0][0]] = bitcast<u32>(z.lo);
}
