/** What a plain WGSL loop over k does in a bf16 product: one invocation an element, float32 + and ×, rounded by integers. */
import { modules } from '../build.js';
import { numbers } from './numbers.js';
import { deviceSeconds } from './timing.js';

const code = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>((bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = p[0][0];
  if (id.x >= n || id.y >= n) { return; }
  var sum = bf16(a[id.y * n] * b[id.x]);
  for (var k = 1u; k < n; k++) { sum = bf16(sum + bf16(a[id.y * n + k] * b[k * n + id.x])); }
  result[id.y * n + id.x] = sum;
}
`;

export async function plainLoop({ backend, budget }, n) {
  const { Commands } = await modules('backends/webgpu/commands.js');
  const { device } = backend;
  const commands = new Commands(device);
  const buffers = [1, 2].map((seed) => device.storageOf(numbers(n * n, seed), n * n));
  buffers.push(device.storage(n * n));
  const groups = Math.ceil(n / 8);
  const run = async () => {
    commands.dispatch({ code, bindings: 'rrw' }, buffers, [n], [groups, groups]);
    await commands.read([]);
  };
  const seconds = await deviceSeconds(run, budget);
  for (const buffer of buffers) buffer.destroy();
  return { seconds, gops: (2 * n ** 3) / seconds / 1e9 };
}
