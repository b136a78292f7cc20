
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn visible(row: u32) -> vec2<u32> {
  let rows = p[0][2];
  if (rows == 0u) { return vec2<u32>(0u, p[0][1]); }
  let queries = p[0][3];
  let at = (row / rows) * queries + row % queries;
  return vec2<u32>(mask[2u * at], mask[2u * at + 1u]);
}

// In the order of the numbers, zeros alike.
fn ordinal(x: u32) -> i32 { return select(i32(x), -i32(magnitude_of(x)), x >= SIGN_BIT); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let seen = visible(i);
  var largest = SIGN_BIT | INFINITY_BITS;
  for (var j = seen.x; j < seen.y; j++) {
    let x = a[i * p[0][1] + j];
    if (magnitude_of(x) > INFINITY_BITS) {
      largest = x;
      break;
    }
    if (ordinal(x) > ordinal(largest)) { largest = x; }
  }
  result[i] = largest;
}
