
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@group(0) @binding(2) var<uniform> p: array<vec4<u32>, 32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  var rest = i;
  var source = p[4][3];
  var place = p[5][0];
  { let c = rest % p[1][2]; rest = rest / p[1][2]; source += c * p[3][0]; place += c * p[4][2]; }
  { let c = rest % p[1][1]; rest = rest / p[1][1]; source += c * p[2][3]; place += c * p[4][1]; }
  { let c = rest % p[1][0]; rest = rest / p[1][0]; source += c * p[2][2]; place += c * p[4][0]; }
  { let c = rest % p[0][3]; rest = rest / p[0][3]; source += c * p[2][1]; place += c * p[3][3]; }
  { let c = rest % p[0][2]; rest = rest / p[0][2]; source += c * p[2][0]; place += c * p[3][2]; }
  { let c = rest % p[0][1]; rest = rest / p[0][1]; source += c * p[1][3]; place += c * p[3][1]; }
  result[place] = a[source];
}
