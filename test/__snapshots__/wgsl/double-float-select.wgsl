
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn visible(row: u32) -> vec2<u32> {
  let rows = p[1][0];
  if (rows == 0u) { return vec2<u32>(0u, p[0][2]); }
  let queries = p[1][1];
  let at = (row / rows) * queries + row % queries;
  return vec2<u32>(mask[2u * at], mask[2u * at + 1u]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let seen = visible(i / p[0][2]);
  let column = i % p[0][2];
  let shown = column >= seen.x && column < seen.y;
  result[i] = select(p[1][2], a[i], shown);
  result[i + p[0][3]] = select(0u, a[i + p[0][3]], shown);
}
