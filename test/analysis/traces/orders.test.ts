import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTrace } from '../../../src/analysis/traces/open-trace.ts';
import { candidates, differentOrders } from '../../../src/analysis/traces/order-candidates.ts';
import { revealLinearOrder, revealTraceOrders } from '../../../src/analysis/traces/orders.ts';
import { productSpans } from '../../../src/analysis/traces/product-spans.ts';
import { memoryTrace, type RecordedTap, type Trace } from '../../../src/analysis/traces/trace.ts';
import type { Linear } from '../../../src/arithmetic/arithmetic.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { type Format, formats, round } from '../../../src/formats/index.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { loadCheckpoint } from '../../../src/platform/node-checkpoint.ts';
import { nodeFolder } from '../../../src/platform/node-files.ts';
import { orderText, parsePolicy, parseSpec, tensor } from '../../../src/tensor/index.ts';
import { allTaps } from '../../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../../support/shared-data.ts';

/** Numbers of the format between −1 and 1 that look like nothing in particular. */
function numbers(count: number, seed: number, format: Format): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => round(Math.sin(seed + 1.7 * i * i + i), format));
}
const layerOf = (inputs: number, outputs: number, format: Format, layout: Linear['layout'], bias = true): Linear => ({
  weight: tensor(layout === 'in-out' ? [inputs, outputs] : [outputs, inputs], numbers(inputs * outputs, 5, format)),
  layout,
  ...(bias && { bias: tensor([outputs], numbers(outputs, 9, format)) }),
});

describe('the order of a recorded linear layer', () => {
  const [rows, inputs, outputs] = [6, 40, 16];
  const found = (policy: string, layout: Linear['layout'], bias = true) => {
    const spec = parseSpec(policy);
    const layer = layerOf(inputs, outputs, spec.out, layout, bias);
    const x = tensor([rows, inputs], numbers(rows * inputs, 1, spec.out));
    const A = new SoftfloatArithmetic('recorded', () => spec);
    const y = Float64Array.from(A.lower(A.linear('', A.lift(x), layer)).data);
    return revealLinearOrder(x, layer, y, spec.out);
  };
  it.each([
    ['fp32', 'order=sequential, accumulate=fp32, bias=separate'],
    ['fp32; fma=on', 'order=sequential, fma=on, accumulate=fp32, bias=separate'],
    ['fp32; order=reversed', 'order=reversed, accumulate=fp32, bias=separate'],
    ['fp32; order=pairwise', 'order=pairwise, accumulate=fp32, bias=separate'],
    ['fp32; order=kahan', 'order=kahan, accumulate=fp32, bias=separate'],
    ['fp32; order=lanes(8), fma=on', 'order=lanes(8), fma=on, accumulate=fp32, bias=separate'],
    ['fp32; order=blocked(16)', 'order=blocked(16), accumulate=fp32, bias=separate'],
    ['fp32; order=splitk(4)', 'order=splitk(4), accumulate=fp32, bias=separate'],
    ['fp32; accumulate=fp64, product=exact', 'order=sequential, accumulate=fp64, product=exact, bias=separate'],
    ['bf16', 'order=sequential, accumulate=bf16, bias=separate'],
    ['fp16; fma=on, order=lanes(4)', 'order=lanes(4), fma=on, accumulate=fp16, bias=separate'],
  ])('%s', (policy, expected) => {
    const { terms, entries, matches, closest } = found(policy, 'in-out');
    expect({ terms, entries, closest }).toEqual({ terms: inputs, entries: rows * outputs, closest: null });
    // Exact products in float64 of 40 terms hardly round: other orders give the same float32.
    if (policy.includes('fp64')) expect(matches).toContain(expected);
    else expect(matches).toEqual([expected]);
    expect(found(policy, 'out-in', false).matches).toContain(expected.replace(/, bias=.*/, ''));
  });
  it('16-bit formats accumulated in float32, where many orders give the same bits', () => {
    const { matches } = found('bf16; accumulate=fp32, product=exact, bias=fused', 'out-in');
    expect(matches).toContain('order=sequential, accumulate=fp32, product=exact, bias=fused');
    expect(matches.every((match) => !match.includes('accumulate=bf16'))).toBe(true);
  });
  it('a bias that is the first term', () => {
    const layer = layerOf(inputs, outputs, formats.fp32, 'out-in');
    const x = tensor([rows, inputs], numbers(rows * inputs, 1, formats.fp32));
    const y = Float64Array.from({ length: rows * outputs }, (_, i) => {
      const [r, j] = [Math.floor(i / outputs), i % outputs];
      let s = layer.bias!.data[j];
      for (let k = 0; k < inputs; k++)
        s = Math.fround(s + Math.fround(x.data[r * inputs + k] * layer.weight.data[j * inputs + k]));
      return s;
    });
    expect(revealLinearOrder(x, layer, y, formats.fp32).matches).toEqual([
      'order=sequential, accumulate=fp32, bias=first',
    ]);
  });
  it('one number that is off by an ulp leaves no match, and says which candidate is closest', () => {
    const spec = parseSpec('fp32; order=lanes(4)');
    const layer = layerOf(inputs, outputs, formats.fp32, 'in-out');
    const x = tensor([rows, inputs], numbers(rows * inputs, 1, formats.fp32));
    const A = new SoftfloatArithmetic('recorded', () => spec);
    const y = Float64Array.from(A.lower(A.linear('', A.lift(x), layer)).data);
    y[3] += 2 ** -23 * Math.abs(y[3]);
    y[3] = Math.fround(y[3]);
    const { matches, closest } = revealLinearOrder(x, layer, y, formats.fp32);
    expect(matches).toEqual([]);
    expect(closest).toEqual({ candidate: 'order=lanes(4), accumulate=fp32, bias=separate', equal: 63, of: 64 });
  });
  it('candidates sum differently, and there are fewer of them for few terms', () => {
    expect(differentOrders(2).map(orderText)).toEqual(['sequential', 'reversed']);
    expect(differentOrders(1).map(orderText)).toEqual(['sequential']);
    const all = candidates(768, formats.bf16, true);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
  });
});

describe('the orders of a trace', () => {
  const traced = async (
    style: object,
    policy: string,
  ): Promise<{ trace: Trace; model: ReturnType<typeof randomDecoder> }> => {
    const model = randomDecoder({
      ...{ seed: 2, layers: 1, width: 16, heads: 2, vocabulary: 13, positions: 8, mlpWidth: 24 },
      ...style,
    });
    const taps = await allTaps(model, [[1, 2, 3, 4, 5, 6]], new SoftfloatArithmetic('x', parsePolicy(policy).specFor));
    const recorded = [...taps].map(([name, { shape, data }]): [string, RecordedTap] => [
      name,
      { shape, format: formats.fp32, values: Float64Array.from(data) },
    ]);
    return { model, trace: memoryTrace('t', { producer: 'ulpwise' }, new Map(recorded)) };
  };
  it('each product has its own', async () => {
    const policy = 'fp32; *.mlp_up: order=lanes(4), fma=on; *.value: order=pairwise; *.context: order=reversed';
    const { trace, model } = await traced({}, policy);
    const orders = new Map((await revealTraceOrders(trace, model)).map(({ tap, finding }) => [tap, finding?.matches]));
    expect([...orders.keys()]).toEqual(productSpans(model.config).map(({ tap }) => tap));
    const bias = model.config.positionEncoding === 'learned' ? ', bias=separate' : '';
    expect(orders.get('layers.0.mlp_up')).toEqual([`order=lanes(4), fma=on, accumulate=fp32${bias}`]);
    expect(orders.get('layers.0.value')).toEqual([`order=pairwise, accumulate=fp32${bias}`]);
    // Its bias is zero, so that it may be added anywhere.
    expect(orders.get('layers.0.mlp_out')).toContain(`order=sequential, accumulate=fp32${bias}`);
    expect(orders.get('layers.0.context')).toContain('order=reversed, accumulate=fp32');
  });
  it('grouped queries, a gate and rotary positions: query and key are left out', async () => {
    const style = {
      norm: 'rmsNorm',
      gated: true,
      activation: 'silu',
      positionEncoding: 'rotary',
      biases: 'none',
      kvHeads: 1,
    };
    const { trace, model } = await traced(style, 'fp32; fma=on');
    const found = await revealTraceOrders(trace, model);
    expect(found.map(({ tap }) => tap)).toEqual([
      ...['value', 'context', 'attn_out', 'mlp_gate', 'mlp_up', 'mlp_out'].map((name) => `layers.0.${name}`),
      'logits',
    ]);
    for (const { tap, finding } of found)
      expect(finding?.matches, tap).toContain('order=sequential, fma=on, accumulate=fp32');
  });
  it('a product that does not fit the model has a reason', async () => {
    const { trace } = await traced({}, 'fp32');
    const other = randomDecoder({
      seed: 2,
      layers: 1,
      width: 32,
      heads: 2,
      vocabulary: 13,
      positions: 8,
      mlpWidth: 24,
    });
    const found = await revealTraceOrders(trace, other);
    expect(found[0]).toEqual({
      ...{ tap: 'layers.0.query', finding: null },
      reason: 'an input with 32 features was expected, [1,6,16] was recorded',
    });
  });
});

describe.skipIf(!hasSharedData)(needsSharedData('the orders of PyTorch'), () => {
  it('gpt-nano-sort in float32: ascending sums with fma, the bias added to the rounded sum, every bit of every product', async () => {
    const folder = resolve(sharedData, 'gpt-nano-sort');
    const trace = await openTrace(nodeFolder(folder), ['pytorch-fp32-trace.safetensors'], 'pytorch');
    const found = await revealTraceOrders(trace, await loadCheckpoint(folder));
    expect(found.map(({ tap, finding }) => [tap, finding?.matches])).toEqual([
      ...['query', 'key', 'value'].map((name) => [
        `layers.0.${name}`,
        ['order=sequential, fma=on, accumulate=fp32, bias=separate'],
      ]),
      ['layers.0.context', ['order=sequential, fma=on, accumulate=fp32']],
      ...['attn_out', 'mlp_up', 'mlp_out'].map((name) => [
        `layers.0.${name}`,
        ['order=sequential, fma=on, accumulate=fp32, bias=separate'],
      ]),
      ['logits', ['order=sequential, fma=on, accumulate=fp32']],
    ]);
  });
});
