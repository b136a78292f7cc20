// Behind the integer core.

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@group(0) @binding(2) var<uniform> p: array<vec4<u32>, 32>;

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let r = Rounding(i32(p[5][1]), i32(p[5][2]), p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0], p[7][1], p[7][2], p[7][3], p[8][0], p[8][1]);
  let at = Addresses(p[8][2], p[8][3], p[9][0], p[9][1], p[9][2], p[9][3], p[10][0]);
  let word = word_of(at, element_of(at, i), 0u);
  result[i] = root(r, operand(a[i], p[0][1]), word);
}
