// Behind the quick core.

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read> bias: array<u32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
@group(0) @binding(5) var<storage, read_write> left: array<u32>;
@group(0) @binding(6) var<uniform> p: array<vec4<u32>, 32>;

fn leave() {
  left[0] = p[3][2];
  left[1] = p[3][3];
  left[2] = p[4][0];
}


// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape { n: u32, size: u32, reversed: u32 }
struct Place { term: u32, starts: bool }

fn place_of(o: OrderShape, j: u32) -> Place {
  return Place(select(j, o.n - 1u - j, o.reversed != 0u), j % o.size == 0u);
}
const UNTRUSTED = 4294967295u;

fn round_product(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  let a = bits & vec4<u32>(0x7fffffffu);
  let unit = bitcast<vec4<f32>>(max(a & vec4<u32>(INFINITY_BITS), vec4<u32>(0x20800000u)) + 0x07c00000u);
  let s = bitcast<vec4<u32>>(bitcast<vec4<f32>>(a) + unit);
  let y = bitcast<vec4<u32>>(bitcast<vec4<f32>>(s) - unit);
  let units = (s - ((a - y) >> vec4<u32>(31u)) + 1u) & vec4<u32>(0xfffffffeu);
  let rounded = bitcast<vec4<u32>>(bitcast<vec4<f32>>(units) - unit);
  return bitcast<vec4<f32>>(rounded | (bits & vec4<u32>(SIGN_BIT)));
}
fn plus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  let s = bitcast<vec4<u32>>(x + y);
  let r = (s + 0x00008000u) & vec4<u32>(0xffff0000u);
  return bitcast<vec4<f32>>(r);
}
fn minus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  return plus(x, bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) ^ vec4<u32>(SIGN_BIT)));
}

fn exponent_of(bits: u32) -> i32 { return i32(bits >> 23u) - 127; }

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) local_index: u32,
) {
  let m = p[0][0];
  let n = p[0][1];
  let terms = p[1][3];
  let reversed = p[2][1] != 0u;
  let o = OrderShape(terms, p[2][0], p[2][1]);
  let batch = group.z;
  let first_row = group.y * 32u;
  let first_column = group.x * 32u;
  let start_b = (batch / p[0][2]) * p[0][3];
  // Devices have taken the constant −0 for +0.
  let minus_zeros = bitcast<vec4<f32>>(vec4<u32>(SIGN_BIT | p[3][1]));
  var largest_a = vec4<u32>();
  var largest_b = vec4<u32>();
  var smallest_a = vec4<u32>(0xffffffffu);
  var smallest_b = vec4<u32>(0xffffffffu);
  

  var s0_0 = minus_zeros;
  var s1_0 = minus_zeros;
  var s2_0 = minus_zeros;
  var s3_0 = minus_zeros;

  for (var at = 0u; at < terms; at++) {
    let t = select(at, terms - 1u - at, reversed);
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);

    s0_0 = plus(s0_0, round_product(a0[0] * b0));
    s1_0 = plus(s1_0, round_product(a0[1] * b0));
    s2_0 = plus(s2_0, round_product(a0[2] * b0));
    s3_0 = plus(s3_0, round_product(a0[3] * b0));
  }

  let most_a = max(max(largest_a.x, largest_a.y), max(largest_a.z, largest_a.w));
  let most_b = max(max(largest_b.x, largest_b.y), max(largest_b.z, largest_b.w));
  // One less than the bits of the smallest nonzero number, so that 0 does not count.
  let least_a = min(min(smallest_a.x, smallest_a.y), min(smallest_a.z, smallest_a.w));
  let least_b = min(min(smallest_b.x, smallest_b.y), min(smallest_b.z, smallest_b.w));
  let all_a = vec2<u32>(most_a, least_a);
  let all_b = vec2<u32>(most_b, least_b);
  // Finite numbers, far from overflow when scaled, and none that the hardware may take for 0.
  let operands = all_a.x < 0x5f000000u && all_b.x < INFINITY_BITS && min(all_a.y, all_b.y) >= 0x007fffffu;
  let some = all_a.x != 0u && all_b.x != 0u;
  let fits = exponent_of(all_a.x) + exponent_of(all_b.x) + 2 <= bitcast<i32>(p[2][2]) &&
    exponent_of(all_a.y + 1u) + exponent_of(all_b.y + 1u) >= bitcast<i32>(p[2][3]);
  let trusted = operands && (!some || fits);
  let sums = array<vec4<f32>, 4>(s0_0, s1_0, s2_0, s3_0);
  finish(sums, trusted, batch, first_row, first_column, local);
}

fn finish(
  sums: array<vec4<f32>, 4>, trusted: bool, batch: u32, first_row: u32, first_column: u32, local: vec3<u32>,
) {
  var all = sums;
  let m = p[0][0];
  let n = p[0][1];
  let accumulate = Rounding(i32(p[4][1]), i32(p[4][2]), p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0], p[7][1]);
  let out = Rounding(i32(p[7][2]), i32(p[7][3]), p[8][0], p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2], p[9][3], p[10][0], p[10][1], p[10][2]);
  let kind = p[1][2];
  for (var at = 0u; at < 16u; at++) {
    let vector = at >> 2u;
    let i = vector / 1u;
    let row = first_row + 4u * ((i >> 2u) * 8u + local.y) + (i & 3u);
    let column = first_column + 4u * ((vector % 1u) * 8u + local.x) + (at & 3u);
    if (row >= m || column >= n) { continue; }
    untrusted = !trusted;
    var sum = bitcast<u32>(all[vector][at & 3u]);
    if (magnitude_of(sum) != 0u) {
      if (magnitude_of(sum) < 0x20800000u) { untrusted = true; }
      sum -= 0x20000000u;
    }
    if (kind == 1u) {
      // The bias is a number of another format than the sum's.
      var other = accumulate;
      other.quick = 0u;
      sum = add(other, sum, bias[column], 0u);
    }
    sum = convert(out, sum, 0u);
    if (kind == 2u) { sum = add(out, sum, bias[column], 0u); }
    if (untrusted) { leave(); }
    result[(batch * m + row) * n + column] = select(sum, UNTRUSTED, untrusted);
  }
}
