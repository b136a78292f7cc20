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
  // The first `longer` lanes have one term more than the others.
  let shorter = o.n / o.size;
  let longer = o.n % o.size;
  let head = longer * (shorter + 1u);
  if (j < head) {
    let i = j % (shorter + 1u);
    return Place(j / (shorter + 1u) + i * o.size, i == 0u);
  }
  let i = (j - head) % shorter;
  return Place(longer + (j - head) / shorter + i * o.size, i == 0u);
}
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
  
  var from0 = 0u;
  var to0 = terms;
  if (first_row + 4u * (0u * 8u + local.y) + 0u < m) {
    let whole = batch * m + first_row + 4u * (0u * 8u + local.y) + 0u;
    let at = (whole / p[1][0]) * p[1][1] + whole % p[1][1];
    from0 = mask[2u * at];
    to0 = mask[2u * at + 1u];
  }
  var from1 = 0u;
  var to1 = terms;
  if (first_row + 4u * (0u * 8u + local.y) + 1u < m) {
    let whole = batch * m + first_row + 4u * (0u * 8u + local.y) + 1u;
    let at = (whole / p[1][0]) * p[1][1] + whole % p[1][1];
    from1 = mask[2u * at];
    to1 = mask[2u * at + 1u];
  }
  var from2 = 0u;
  var to2 = terms;
  if (first_row + 4u * (0u * 8u + local.y) + 2u < m) {
    let whole = batch * m + first_row + 4u * (0u * 8u + local.y) + 2u;
    let at = (whole / p[1][0]) * p[1][1] + whole % p[1][1];
    from2 = mask[2u * at];
    to2 = mask[2u * at + 1u];
  }
  var from3 = 0u;
  var to3 = terms;
  if (first_row + 4u * (0u * 8u + local.y) + 3u < m) {
    let whole = batch * m + first_row + 4u * (0u * 8u + local.y) + 3u;
    let at = (whole / p[1][0]) * p[1][1] + whole % p[1][1];
    from3 = mask[2u * at];
    to3 = mask[2u * at + 1u];
  }
  var s0_0 = minus_zeros;
  var stack0_0: array<vec4<f32>, 32>;
  var s1_0 = minus_zeros;
  var stack1_0: array<vec4<f32>, 32>;
  var s2_0 = minus_zeros;
  var stack2_0: array<vec4<f32>, 32>;
  var s3_0 = minus_zeros;
  var stack3_0: array<vec4<f32>, 32>;
  var q0_0_0 = minus_zeros;
  var q0_1_0 = minus_zeros;
  var q0_2_0 = minus_zeros;
  var q0_3_0 = minus_zeros;
  var q1_0_0 = minus_zeros;
  var q1_1_0 = minus_zeros;
  var q1_2_0 = minus_zeros;
  var q1_3_0 = minus_zeros;
  var leaves = 0u;
  var depth = 0u;
  var at = 0u;
  while (at + 4u <= terms) {
    {
    let t = at + 0u;
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);
    let visible0 = t >= from0 && t < to0;
    let visible1 = t >= from1 && t < to1;
    let visible2 = t >= from2 && t < to2;
    let visible3 = t >= from3 && t < to3;
    s0_0 = select(vec4<f32>(0.0), round_product(a0[0] * b0), visible0);
    s1_0 = select(vec4<f32>(0.0), round_product(a0[1] * b0), visible1);
    s2_0 = select(vec4<f32>(0.0), round_product(a0[2] * b0), visible2);
    s3_0 = select(vec4<f32>(0.0), round_product(a0[3] * b0), visible3);
    }
    q0_0_0 = s0_0;
    q0_1_0 = s1_0;
    q0_2_0 = s2_0;
    q0_3_0 = s3_0;
    {
    let t = at + 1u;
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);
    let visible0 = t >= from0 && t < to0;
    let visible1 = t >= from1 && t < to1;
    let visible2 = t >= from2 && t < to2;
    let visible3 = t >= from3 && t < to3;
    s0_0 = select(vec4<f32>(0.0), round_product(a0[0] * b0), visible0);
    s1_0 = select(vec4<f32>(0.0), round_product(a0[1] * b0), visible1);
    s2_0 = select(vec4<f32>(0.0), round_product(a0[2] * b0), visible2);
    s3_0 = select(vec4<f32>(0.0), round_product(a0[3] * b0), visible3);
    }
    s0_0 = plus(q0_0_0, s0_0);
    s1_0 = plus(q0_1_0, s1_0);
    s2_0 = plus(q0_2_0, s2_0);
    s3_0 = plus(q0_3_0, s3_0);
    q1_0_0 = s0_0;
    q1_1_0 = s1_0;
    q1_2_0 = s2_0;
    q1_3_0 = s3_0;
    {
    let t = at + 2u;
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);
    let visible0 = t >= from0 && t < to0;
    let visible1 = t >= from1 && t < to1;
    let visible2 = t >= from2 && t < to2;
    let visible3 = t >= from3 && t < to3;
    s0_0 = select(vec4<f32>(0.0), round_product(a0[0] * b0), visible0);
    s1_0 = select(vec4<f32>(0.0), round_product(a0[1] * b0), visible1);
    s2_0 = select(vec4<f32>(0.0), round_product(a0[2] * b0), visible2);
    s3_0 = select(vec4<f32>(0.0), round_product(a0[3] * b0), visible3);
    }
    q0_0_0 = s0_0;
    q0_1_0 = s1_0;
    q0_2_0 = s2_0;
    q0_3_0 = s3_0;
    {
    let t = at + 3u;
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);
    let visible0 = t >= from0 && t < to0;
    let visible1 = t >= from1 && t < to1;
    let visible2 = t >= from2 && t < to2;
    let visible3 = t >= from3 && t < to3;
    s0_0 = select(vec4<f32>(0.0), round_product(a0[0] * b0), visible0);
    s1_0 = select(vec4<f32>(0.0), round_product(a0[1] * b0), visible1);
    s2_0 = select(vec4<f32>(0.0), round_product(a0[2] * b0), visible2);
    s3_0 = select(vec4<f32>(0.0), round_product(a0[3] * b0), visible3);
    }
    s0_0 = plus(q0_0_0, s0_0);
    s1_0 = plus(q0_1_0, s1_0);
    s2_0 = plus(q0_2_0, s2_0);
    s3_0 = plus(q0_3_0, s3_0);
    s0_0 = plus(q1_0_0, s0_0);
    s1_0 = plus(q1_1_0, s1_0);
    s2_0 = plus(q1_2_0, s2_0);
    s3_0 = plus(q1_3_0, s3_0);
  at += 4u;
    for (var rest = leaves >> 2u; (rest & 1u) == 1u; rest = rest >> 1u) {
    depth -= 1u;
    s0_0 = plus(stack0_0[depth], s0_0);
    s1_0 = plus(stack1_0[depth], s1_0);
    s2_0 = plus(stack2_0[depth], s2_0);
    s3_0 = plus(stack3_0[depth], s3_0);
    }
    stack0_0[depth] = s0_0;
    stack1_0[depth] = s1_0;
    stack2_0[depth] = s2_0;
    stack3_0[depth] = s3_0;
    depth += 1u;
    leaves += 4u;
  }
  for (; at < terms; at++) {
    {
    let t = at;
    let words_a0 = vec4<u32>(a[(batch * m + min(first_row + 4u * (0u + local.y) + 0u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 1u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 2u, m - 1u)) * terms + t], a[(batch * m + min(first_row + 4u * (0u + local.y) + 3u, m - 1u)) * terms + t]);
    largest_a = max(largest_a, words_a0 & vec4<u32>(0x7fffffffu));
    smallest_a = min(smallest_a, (words_a0 & vec4<u32>(0x7fffffffu)) - 1u);
    let a0 = bitcast<vec4<f32>>(words_a0) * 0x1p64f;
    let words_b0 = vec4<u32>(b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 0u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 1u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 2u, n - 1u)], b[start_b + t * n + min(first_column + 4u * (0u + local.x) + 3u, n - 1u)]);
    largest_b = max(largest_b, words_b0 & vec4<u32>(0x7fffffffu));
    smallest_b = min(smallest_b, (words_b0 & vec4<u32>(0x7fffffffu)) - 1u);
    let b0 = bitcast<vec4<f32>>(words_b0);
    let visible0 = t >= from0 && t < to0;
    let visible1 = t >= from1 && t < to1;
    let visible2 = t >= from2 && t < to2;
    let visible3 = t >= from3 && t < to3;
    s0_0 = select(vec4<f32>(0.0), round_product(a0[0] * b0), visible0);
    s1_0 = select(vec4<f32>(0.0), round_product(a0[1] * b0), visible1);
    s2_0 = select(vec4<f32>(0.0), round_product(a0[2] * b0), visible2);
    s3_0 = select(vec4<f32>(0.0), round_product(a0[3] * b0), visible3);
    }
    for (var rest = leaves >> 0u; (rest & 1u) == 1u; rest = rest >> 1u) {
    depth -= 1u;
    s0_0 = plus(stack0_0[depth], s0_0);
    s1_0 = plus(stack1_0[depth], s1_0);
    s2_0 = plus(stack2_0[depth], s2_0);
    s3_0 = plus(stack3_0[depth], s3_0);
    }
    stack0_0[depth] = s0_0;
    stack1_0[depth] = s1_0;
    stack2_0[depth] = s2_0;
    stack3_0[depth] = s3_0;
    depth += 1u;
    leaves += 1u;
  }
  depth -= 1u;
  s0_0 = stack0_0[depth];
  s1_0 = stack1_0[depth];
  s2_0 = stack2_0[depth];
  s3_0 = stack3_0[depth];
  while (depth > 0u) {
    depth -= 1u;
    s0_0 = plus(stack0_0[depth], s0_0);
    s1_0 = plus(stack1_0[depth], s1_0);
    s2_0 = plus(stack2_0[depth], s2_0);
    s3_0 = plus(stack3_0[depth], s3_0);
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
