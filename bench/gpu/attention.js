/** Attention in one kernel beside its operations one by one; probabilities and results against the CPU. */
import { modules } from '../build.js';
import { numbers } from './numbers.js';
import { deviceSeconds, largestIn } from './timing.js';

/** Of which the first is on float32 hardware where its operations are composed. */
const POLICIES = ['bf16', 'fp32; mode=toward-zero', 'bf16; mode=stochastic'];
const TOKENS = [32, 64, 128, 256, 512, 1024];
const HEADS = 4;
const WIDTH = 32;
const SITES = { scores: 'scores', probs: 'probs', context: 'context' };

async function attention({ backend, budget }, policy, tokens) {
  const { GpuArithmetic, CpuArithmetic, parseSpec, causalMask, sqrtOfRatio } = await modules(
    ...['backends/webgpu/gpu-arithmetic.js', 'backends/cpu/cpu-arithmetic.js', 'tensor/policy.js', 'tensor/mask.js'],
    'softfloat/real.js',
  );
  const spec = parseSpec(policy);
  const mask = causalMask([{ start: 0, end: tokens }], tokens);
  const scale = { shape: [], reals: [sqrtOfRatio(1n, BigInt(WIDTH))] };
  const shape = [1, HEADS, tokens, WIDTH];
  const operands = (A) =>
    [1, 2, 3].map((seed) => A.parameter('scores', { shape, data: numbers(HEADS * tokens * WIDTH, seed) }));
  const apart = (A, [query, key, value]) => {
    const scores = A.scores(SITES.scores, query, key, scale, mask);
    const probs = A.softmax(SITES.probs, scores, mask);
    return { probs, context: A.matmul(SITES.context, probs, value, { mask }) };
  };
  const whole = (A, [query, key, value]) => A.attention(SITES, query, key, value, scale, mask);
  const device = (composites) =>
    new GpuArithmetic(policy, () => spec, backend.device, backend.probe.trusted, composites);
  const seconds = async (composites, compute) => {
    const A = device(composites);
    const values = operands(A);
    return deviceSeconds(async () => {
      compute(A, values);
      await A.done();
    }, budget);
  };
  const [composed, fused] = [await seconds('composed', apart), await seconds('fused', whole)];
  return { composed, fused, seconds: Math.max(composed, fused), bitsDiffer: await differing() };

  async function differing() {
    const [gpu, cpu] = [device('fused'), new CpuArithmetic(policy, () => spec)];
    const [computed, expected] = [whole(gpu, operands(gpu)), apart(cpu, operands(cpu))];
    let count = 0;
    for (const tap of ['probs', 'context']) {
      const [one, other] = [(await gpu.lower(computed[tap])).data, expected[tap].data];
      one.forEach((x, i) => {
        if (!Object.is(x, other[i])) count++;
      });
    }
    return count;
  }
}

export async function attentions(context) {
  const rows = [];
  for (const policy of context.quick ? POLICIES.slice(2) : POLICIES) {
    context.progress(`attention, ${policy}`);
    const { size, ...found } = await largestIn(
      context.quick ? TOKENS.slice(0, 3) : TOKENS,
      context.budget,
      (tokens) => tokens ** 2,
      (tokens) => attention(context, policy, tokens),
    );
    rows.push({ policy, heads: HEADS, width: WIDTH, tokens: size, ...found });
  }
  return rows;
}
