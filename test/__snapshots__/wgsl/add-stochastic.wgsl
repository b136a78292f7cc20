// Behind the stochastic core.

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

fn index_a(i: u32) -> u32 {
  var at = 0u;
  var rest = i;
  at += (rest % p[2][0]) * p[3][2];
  rest = rest / p[2][0];
  at += (rest % p[1][3]) * p[3][1];
  rest = rest / p[1][3];
  at += (rest % p[1][2]) * p[3][0];
  rest = rest / p[1][2];
  at += (rest % p[1][1]) * p[2][3];
  rest = rest / p[1][1];
  at += (rest % p[1][0]) * p[2][2];
  rest = rest / p[1][0];
  at += (rest % p[0][3]) * p[2][1];
  rest = rest / p[0][3];
  return at;
}

fn index_b(i: u32) -> u32 {
  var at = 0u;
  var rest = i;
  at += (rest % p[2][0]) * p[5][0];
  rest = rest / p[2][0];
  at += (rest % p[1][3]) * p[4][3];
  rest = rest / p[1][3];
  at += (rest % p[1][2]) * p[4][2];
  rest = rest / p[1][2];
  at += (rest % p[1][1]) * p[4][1];
  rest = rest / p[1][1];
  at += (rest % p[1][0]) * p[4][0];
  rest = rest / p[1][0];
  at += (rest % p[0][3]) * p[3][3];
  rest = rest / p[0][3];
  return at;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let r = Rounding(i32(p[5][1]), i32(p[5][2]), p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0], p[7][1], p[7][2], p[7][3], p[8][0], p[8][1]);
  let at = Addresses(p[8][2], p[8][3], p[9][0], p[9][1], p[9][2], p[9][3], p[10][0]);
  let word = word_of(at, element_of(at, i), 0u);
  result[i] = add(r, operand(a[index_a(i)], p[0][1]), operand(b[index_b(i)], p[0][2]), word);
}
