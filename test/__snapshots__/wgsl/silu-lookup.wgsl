// Behind the integer core.

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> undecided: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;
@group(0) @binding(4) var<uniform> p: array<vec4<u32>, 32>;

// The last bits of a NaN may be all that tells it from an infinity.
fn evaluated(r: Rounding, name: u32, x: u32, shift: u32, word: u32) -> u32 {
  return select(table[x >> shift], r.nan, magnitude_of(x) > INFINITY_BITS);
}

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let r = Rounding(i32(p[2][0]), i32(p[2][1]), p[2][2], p[2][3], p[3][0], p[3][1], p[3][2], p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0]);
  let at = Addresses(p[5][1], p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3]);
  let element = element_of(at, i);
  let x = a[i];
  var s = 0u;
  s = evaluated(r, 0u, operand(x ^ SIGN_BIT, p[0][2]), p[0][1], word_of(at, element, 0u));
  s = add(r, operand(p[1][0], p[0][3]), operand(s, p[0][3]), word_of(at, element, 1u));
  s = divide(r, operand(x, p[0][2]), operand(s, p[0][3]), word_of(at, element, 2u));
  result[i] = s;
}
