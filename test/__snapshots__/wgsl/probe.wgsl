
@group(0) @binding(0) var<storage, read> first: array<u32>;
@group(0) @binding(1) var<storage, read> second: array<u32>;
@group(0) @binding(2) var<storage, read> third: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;
@group(0) @binding(4) var<uniform> p: array<vec4<u32>, 32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let a = first[i];
  let b = second[i];
  let c = third[i];
  let x = bitcast<f32>(a);
  let y = bitcast<f32>(b);
  let z = bitcast<f32>(c);
  let n = p[0][0];
  result[0u * n + i] = bitcast<u32>(x + y);
  result[1u * n + i] = bitcast<u32>(x - y);
  result[2u * n + i] = bitcast<u32>(x * y);
  result[3u * n + i] = bitcast<u32>(x * y + z);
  result[4u * n + i] = bitcast<u32>(fma(x, y, z));
  result[5u * n + i] = bitcast<u32>((x + y) - y);
  result[6u * n + i] = bitcast<u32>(x / y);
  result[7u * n + i] = bitcast<u32>(sqrt(abs(x)));
  result[8u * n + i] = bitcast<u32>(f32(bitcast<i32>(a)));
  result[9u * n + i] = bitcast<u32>(f32(a));
  result[10u * n + i] = bitcast<u32>(i32(z));
  result[11u * n + i] = a * b;
  result[12u * n + i] = a / max(b, 1u);
  result[13u * n + i] = a % max(b, 1u);
  result[14u * n + i] = a << (b & 31u);
  result[15u * n + i] = a >> (b & 31u);
  result[16u * n + i] = bitcast<u32>(bitcast<i32>(a) >> (b & 31u));
  result[17u * n + i] = countLeadingZeros(a);
}
