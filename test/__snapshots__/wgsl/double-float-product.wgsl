
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }

fn no_bits() -> u32 { return p[3][0]; }

struct Pair_4 { hi: vec4<f32>, lo: vec4<f32> }

fn opaque_4(x: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>(bitcast<vec4<u32>>(x) | vec4<u32>(no_bits())); }

// A half where the whole is infinite or NaN is 0.
fn half_of_4(whole: vec4<f32>, x: vec4<f32>) -> vec4<f32> {
  return select(x, vec4<f32>(0.0), (bitcast<vec4<u32>>(whole) & vec4<u32>(INFINITY_BITS)) == vec4<u32>(INFINITY_BITS));
}

// |a| ≥ |b|, or a is 0 or not finite.
fn quick_sum_4(a: vec4<f32>, b: vec4<f32>) -> Pair_4 {
  let rest = half_of_4(a, b);
  let sum = a + rest;
  return Pair_4(sum, half_of_4(sum, rest - (sum - a)));
}

fn exact_sum_4(a: vec4<f32>, b: vec4<f32>) -> Pair_4 {
  let sum = a + b;
  let part = sum - a;
  return Pair_4(sum, half_of_4(sum, (a - (sum - part)) + (b - part)));
}

// The nearest number of 12 bits: products of two of them, or of what they leave, are exact.
fn top_4(x: vec4<f32>) -> vec4<f32> { return bitcast<vec4<f32>>((bitcast<vec4<u32>>(x) + vec4<u32>(0x800u)) & vec4<u32>(0xfffff000u)); }

fn exact_product_4(a: vec4<f32>, b: vec4<f32>) -> Pair_4 {
  let product = opaque_4(a * b);
  let a1 = top_4(a);
  let b1 = top_4(b);
  let a0 = a - a1;
  let b0 = b - b1;
  let error = (((a1 * b1 - product) + a1 * b0) + a0 * b1) + a0 * b0;
  return Pair_4(product, half_of_4(product, error));
}

fn pair_add_4(x: Pair_4, y: Pair_4) -> Pair_4 {
  let s = exact_sum_4(x.hi, y.hi);
  let t = exact_sum_4(x.lo, y.lo);
  let v = quick_sum_4(s.hi, s.lo + t.hi);
  return quick_sum_4(v.hi, t.lo + v.lo);
}

fn pair_multiply_4(x: Pair_4, y: Pair_4) -> Pair_4 {
  let c = exact_product_4(x.hi, y.hi);
  return quick_sum_4(c.hi, c.lo + (x.hi * y.lo + x.lo * y.hi));
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;
@group(0) @binding(4) var<uniform> p: array<vec4<u32>, 32>;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let m = p[0][0];
  let n = p[0][1];
  let terms = p[0][2];
  let batch = group.z;
  let row = group.y * 32u + 4u * local.y;
  let column = group.x * 32u + 4u * local.x;
  if (row >= m || column >= n) { return; }
  let start_b = (batch / p[0][3]) * p[1][0];
  var seen_from = vec4<u32>(0u);
  var seen_to = vec4<u32>(terms);
  let rows_of_sequence = p[1][3];
  if (rows_of_sequence != 0u) {
    let queries = p[2][0];
    for (var i = 0u; i < 4u; i++) {
      let whole = batch * m + min(row + i, m - 1u);
      let at = (whole / rows_of_sequence) * queries + whole % queries;
      seen_from[i] = mask[2u * at];
      seen_to[i] = mask[2u * at + 1u];
    }
  }
  var s0 = Pair_4(vec4<f32>(), vec4<f32>());
  let row0 = (batch * m + min(row + 0u, m - 1u)) * terms;
  var s1 = Pair_4(vec4<f32>(), vec4<f32>());
  let row1 = (batch * m + min(row + 1u, m - 1u)) * terms;
  var s2 = Pair_4(vec4<f32>(), vec4<f32>());
  let row2 = (batch * m + min(row + 2u, m - 1u)) * terms;
  var s3 = Pair_4(vec4<f32>(), vec4<f32>());
  let row3 = (batch * m + min(row + 3u, m - 1u)) * terms;
  for (var t = 0u; t < terms; t++) {
    let y = Pair_4(vec4<f32>(bitcast<f32>(b[start_b + t * p[1][1] + min(column + 0u, n - 1u) * p[1][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 1u, n - 1u) * p[1][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 2u, n - 1u) * p[1][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 3u, n - 1u) * p[1][2]])), vec4<f32>(bitcast<f32>(b[start_b + t * p[1][1] + min(column + 0u, n - 1u) * p[1][2] + p[2][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 1u, n - 1u) * p[1][2] + p[2][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 2u, n - 1u) * p[1][2] + p[2][2]]), bitcast<f32>(b[start_b + t * p[1][1] + min(column + 3u, n - 1u) * p[1][2] + p[2][2]])));
    if (t >= seen_from[0] && t < seen_to[0]) {
      let x = Pair_4(vec4<f32>(bitcast<f32>(a[row0 + t])), vec4<f32>(bitcast<f32>(a[row0 + t + p[2][1]])));
      s0 = pair_add_4(s0, pair_multiply_4(x, y));
    }
    if (t >= seen_from[1] && t < seen_to[1]) {
      let x = Pair_4(vec4<f32>(bitcast<f32>(a[row1 + t])), vec4<f32>(bitcast<f32>(a[row1 + t + p[2][1]])));
      s1 = pair_add_4(s1, pair_multiply_4(x, y));
    }
    if (t >= seen_from[2] && t < seen_to[2]) {
      let x = Pair_4(vec4<f32>(bitcast<f32>(a[row2 + t])), vec4<f32>(bitcast<f32>(a[row2 + t + p[2][1]])));
      s2 = pair_add_4(s2, pair_multiply_4(x, y));
    }
    if (t >= seen_from[3] && t < seen_to[3]) {
      let x = Pair_4(vec4<f32>(bitcast<f32>(a[row3 + t])), vec4<f32>(bitcast<f32>(a[row3 + t + p[2][1]])));
      s3 = pair_add_4(s3, pair_multiply_4(x, y));
    }
  }
  if (row + 0u < m) {
    for (var j = 0u; j < min(4u, n - column); j++) {
      let at = (batch * m + row + 0u) * n + column + j;
      result[at] = bitcast<u32>(s0.hi[j]);
      result[at + p[2][3]] = bitcast<u32>(s0.lo[j]);
    }
  }
  if (row + 1u < m) {
    for (var j = 0u; j < min(4u, n - column); j++) {
      let at = (batch * m + row + 1u) * n + column + j;
      result[at] = bitcast<u32>(s1.hi[j]);
      result[at + p[2][3]] = bitcast<u32>(s1.lo[j]);
    }
  }
  if (row + 2u < m) {
    for (var j = 0u; j < min(4u, n - column); j++) {
      let at = (batch * m + row + 2u) * n + column + j;
      result[at] = bitcast<u32>(s2.hi[j]);
      result[at + p[2][3]] = bitcast<u32>(s2.lo[j]);
    }
  }
  if (row + 3u < m) {
    for (var j = 0u; j < min(4u, n - column); j++) {
      let at = (batch * m + row + 3u) * n + column + j;
      result[at] = bitcast<u32>(s3.hi[j]);
      result[at + p[2][3]] = bitcast<u32>(s3.lo[j]);
    }
  }
}
