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

var<workgroup> tile_a: array<vec4<f32>, 256>;
var<workgroup> tile_b: array<vec4<f32>, 256>;
var<workgroup> largest: array<atomic<u32>, 2>;
// Complements of the smallest.
var<workgroup> smallest: array<atomic<u32>, 2>;
const UNTRUSTED = 4294967295u;

fn round_product(x: vec4<f32>) -> vec4<f32> {
  let bits = bitcast<vec4<u32>>(x);
  let unit = bitcast<vec4<f32>>(max(bits & vec4<u32>(INFINITY_BITS), vec4<u32>(0x20800000u)) + 0x08400000u);
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>((x + unit) - unit) | (bits & vec4<u32>(SIGN_BIT)));
}
fn plus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  let s = bitcast<vec4<u32>>(x + y);
  let r = (s + 0x00007fffu + ((s >> vec4<u32>(16u)) & vec4<u32>(1u))) & vec4<u32>(0xffff0000u);
  return bitcast<vec4<f32>>(r);
}
fn minus(x: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  return plus(x, bitcast<vec4<f32>>(bitcast<vec4<u32>>(y) ^ vec4<u32>(SIGN_BIT)));
}

fn exponent_of(bits: u32) -> i32 { return i32(bits >> 23u) - 127; }

@compute @workgroup_size(16, 16)
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
  let first_row = group.y * 128u;
  let first_column = group.x * 128u;
  let start_b = (batch / p[0][2]) * p[0][3];
  // Devices have taken the constant −0 for +0.
  let minus_zeros = bitcast<vec4<f32>>(vec4<u32>(SIGN_BIT | p[3][1]));
  var largest_a = vec4<u32>();
  var largest_b = vec4<u32>();
  var smallest_a = vec4<u32>(0xffffffffu);
  var smallest_b = vec4<u32>(0xffffffffu);
  

  var s0_0 = minus_zeros;
  var s0_1 = minus_zeros;
  var s1_0 = minus_zeros;
  var s1_1 = minus_zeros;
  var s2_0 = minus_zeros;
  var s2_1 = minus_zeros;
  var s3_0 = minus_zeros;
  var s3_1 = minus_zeros;
  var s4_0 = minus_zeros;
  var s4_1 = minus_zeros;
  var s5_0 = minus_zeros;
  var s5_1 = minus_zeros;
  var s6_0 = minus_zeros;
  var s6_1 = minus_zeros;
  var s7_0 = minus_zeros;
  var s7_1 = minus_zeros;

  for (var start = 0u; start < terms; start += 8u) {
    workgroupBarrier();
    for (var at = local_index; at < 256u; at += 256u) {
      let term = at % 8u;
      let vector = at / 8u;
      let t = select(min(start + term, terms - 1u), terms - 1u - min(start + term, terms - 1u), reversed);
      let bits = vec4<u32>(a[(batch * m + min(first_row + 4u * vector + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * vector + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * vector + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * vector + 3u, m - 1u)) * terms + t]);
      largest_a = max(largest_a, bits & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (bits & vec4<u32>(0x7fffffffu)) - 1u);
      tile_a[term * 32u + vector] = bitcast<vec4<f32>>(bits) * 0x1p64f;
    }
    for (var at = local_index; at < 256u; at += 256u) {
      let term = at / 32u;
      let vector = at % 32u;
      let t = select(min(start + term, terms - 1u), terms - 1u - min(start + term, terms - 1u), reversed);
      let bits = vec4<u32>(b[start_b + t * n + min(first_column + 4u * vector + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * vector + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * vector + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * vector + 3u, n - 1u)]);
      largest_b = max(largest_b, bits & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (bits & vec4<u32>(0x7fffffffu)) - 1u);
      tile_b[term * 32u + vector] = bitcast<vec4<f32>>(bits);
    }
    workgroupBarrier();
    for (var i = 0u; i < min(8u, terms - start); i++) {
      let at = start + i;
      let t = select(at, terms - 1u - at, reversed);
      let a0 = tile_a[i * 32u + 0u + local.y];
      let a1 = tile_a[i * 32u + 16u + local.y];
      let b0 = tile_b[i * 32u + 0u + local.x];
      let b1 = tile_b[i * 32u + 16u + local.x];

    s0_0 = plus(s0_0, round_product(a0[0] * b0));
    s0_1 = plus(s0_1, round_product(a0[0] * b1));
    s1_0 = plus(s1_0, round_product(a0[1] * b0));
    s1_1 = plus(s1_1, round_product(a0[1] * b1));
    s2_0 = plus(s2_0, round_product(a0[2] * b0));
    s2_1 = plus(s2_1, round_product(a0[2] * b1));
    s3_0 = plus(s3_0, round_product(a0[3] * b0));
    s3_1 = plus(s3_1, round_product(a0[3] * b1));
    s4_0 = plus(s4_0, round_product(a1[0] * b0));
    s4_1 = plus(s4_1, round_product(a1[0] * b1));
    s5_0 = plus(s5_0, round_product(a1[1] * b0));
    s5_1 = plus(s5_1, round_product(a1[1] * b1));
    s6_0 = plus(s6_0, round_product(a1[2] * b0));
    s6_1 = plus(s6_1, round_product(a1[2] * b1));
    s7_0 = plus(s7_0, round_product(a1[3] * b0));
    s7_1 = plus(s7_1, round_product(a1[3] * b1));
    }
  }

  let most_a = max(max(largest_a.x, largest_a.y), max(largest_a.z, largest_a.w));
  let most_b = max(max(largest_b.x, largest_b.y), max(largest_b.z, largest_b.w));
  // One less than the bits of the smallest nonzero number, so that 0 does not count.
  let least_a = min(min(smallest_a.x, smallest_a.y), min(smallest_a.z, smallest_a.w));
  let least_b = min(min(smallest_b.x, smallest_b.y), min(smallest_b.z, smallest_b.w));
  atomicMax(&largest[0], most_a);
  atomicMax(&largest[1], most_b);
  atomicMax(&smallest[0], ~least_a);
  atomicMax(&smallest[1], ~least_b);
  workgroupBarrier();
  let all_a = vec2<u32>(atomicLoad(&largest[0]), ~atomicLoad(&smallest[0]));
  let all_b = vec2<u32>(atomicLoad(&largest[1]), ~atomicLoad(&smallest[1]));
  // Finite numbers, far from overflow when scaled, and none that the hardware may take for 0.
  let operands = all_a.x < 0x5f000000u && all_b.x < INFINITY_BITS && min(all_a.y, all_b.y) >= 0x007fffffu;
  let some = all_a.x != 0u && all_b.x != 0u;
  let fits = exponent_of(all_a.x) + exponent_of(all_b.x) + 2 <= bitcast<i32>(p[2][2]) &&
    exponent_of(all_a.y + 1u) + exponent_of(all_b.y + 1u) >= bitcast<i32>(p[2][3]);
  let trusted = operands && (!some || fits);
  let sums = array<vec4<f32>, 16>(s0_0, s0_1, s1_0, s1_1, s2_0, s2_1, s3_0, s3_1, s4_0, s4_1, s5_0, s5_1, s6_0, s6_1, s7_0, s7_1);
  finish(sums, trusted, batch, first_row, first_column, local);
}

fn finish(
  sums: array<vec4<f32>, 16>, trusted: bool, batch: u32, first_row: u32, first_column: u32, local: vec3<u32>,
) {
  var all = sums;
  let m = p[0][0];
  let n = p[0][1];
  let accumulate = Rounding(i32(p[4][1]), i32(p[4][2]), p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0], p[7][1]);
  let out = Rounding(i32(p[7][2]), i32(p[7][3]), p[8][0], p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2], p[9][3], p[10][0], p[10][1], p[10][2]);
  let kind = p[1][2];
  for (var at = 0u; at < 64u; at++) {
    let vector = at >> 2u;
    let i = vector / 2u;
    let row = first_row + 4u * ((i >> 2u) * 16u + local.y) + (i & 3u);
    let column = first_column + 4u * ((vector % 2u) * 16u + local.x) + (at & 3u);
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
