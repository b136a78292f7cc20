/** Oracle: what PyTorch computed in float32 for gpt-nano-sort. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceArithmetic } from '../../src/analysis/references.ts';
import { type FirstOrder, FirstOrderArithmetic } from '../../src/arithmetic/first-order/index.ts';
import { float64Specs } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { openSafetensors } from '../../src/model/checkpoint/safetensors.ts';
import { batchOf } from '../../src/model/program/batch.ts';
import { DecoderProgram } from '../../src/model/program/decoder.ts';
import { halfBlocks } from '../../src/model/program/taps.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { parseSpec, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allTaps } from '../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

/** The distance that the trace is known to keep, absolute: 11 rounding depths of float32 on numbers up to 20 or so. */
const DISTANCE = 2e-6;

describe.skipIf(!hasSharedData)(needsSharedData('gpt-nano-sort against PyTorch in float32'), () => {
  const folder = resolve(sharedData, 'gpt-nano-sort');
  const tokens = (): number[][] => JSON.parse(readFileSync(resolve(folder, 'tokens.json'), 'utf8'));
  const trace = async (): Promise<Map<string, Tensor>> => {
    const file = await openSafetensors(nodeFolder(folder), 'pytorch-fp32-trace.safetensors');
    const taps = new Map<string, Tensor>();
    for (const name of file.tensors.keys()) taps.set(name, await file.read(name));
    return taps;
  };

  it('the float64 reference lies within 2e-6 at every tap of the same name', async () => {
    const taps = await allTaps(await loadCheckpoint(folder), tokens(), referenceArithmetic('float64'));
    const traced = await trace();
    expect(traced.size).toBe(19);
    for (const [name, { shape, data }] of traced) {
      const tap = taps.get(name);
      expect(tap?.shape, name).toEqual(shape);
      const largest = Array.from(data).reduce((max, x, i) => {
        const y = tap?.data[i] as number;
        return Math.max(max, x === y ? 0 : Math.abs(x - y));
      }, 0);
      expect(largest, name).toBeLessThan(DISTANCE);
    }
  });

  // Its order of additions is not known, nor whether it uses fma; its exp and tanh are within an ulp of correct rounding.
  const spec = parseSpec('fp32');
  const anyOrder = (): FirstOrderArithmetic =>
    new FirstOrderArithmetic({
      reference: new CpuArithmetic('float64', float64Specs),
      specOf: () => spec,
      order: 'any',
      allowance: { exp: 1, tanh: 1, rsqrt: 1 },
    });

  /** The largest difference and the largest bound; how many differences are beyond their bounds. */
  const against = (A: FirstOrderArithmetic, ball: FirstOrder, { shape, data }: Tensor, name: string) => {
    expect(A.shape(ball), name).toEqual(shape);
    const { data: bounds } = A.boundOf(ball);
    let [far, bound, beyond] = [0, 0, 0];
    data.forEach((x: number, i: number) => {
      const distance = Object.is(x, ball.numbers[i]) ? 0 : Math.abs(x - ball.numbers[i]);
      far = Math.max(far, distance);
      if (Number.isFinite(x)) bound = Math.max(bound, bounds[i]);
      // The reference's own error: some roundings of float64.
      if (!(distance <= bounds[i] + 2 ** -44 * Math.max(1, Math.abs(x)))) beyond++;
    });
    return { far, bound, beyond };
  };

  it('every tap lies within the first-order bound of the whole program, whatever the order of additions', async () => {
    const model = await loadCheckpoint(folder);
    const A = anyOrder();
    const program = new DecoderProgram(model.config, batchOf(tokens(), { token: 0 }));
    const taps = new Map<string, FirstOrder>();
    const tap = (name: string, value: FirstOrder) => void taps.set(name, value);
    let x = program.embed(A, await model.embedding(), tap);
    for (const half of halfBlocks(model.config)) x = program.halfBlock(A, half, await model.layer(half.layer), x, tap);
    program.predict(A, await model.head(), x, tap);
    for (const [name, traced] of await trace()) {
      const { beyond, bound } = against(A, taps.get(name) as FirstOrder, traced, name);
      expect(beyond, name).toBe(0);
      expect(bound, name).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  it('every tap lies within the bound from the numbers that PyTorch itself had before it', async () => {
    const model = await loadCheckpoint(folder);
    const traced = await trace();
    const A = anyOrder();
    const program = new DecoderProgram(model.config, batchOf(tokens(), { token: 0 }));
    const recorded = (name: string): FirstOrder => A.lift(traced.get(name) as Tensor);
    const found = new Map<string, ReturnType<typeof against>>();
    const check = (name: string, ball: FirstOrder): undefined => {
      const tap = traced.get(name);
      if (tap !== undefined) found.set(name, against(A, ball, tap, name));
    };
    const halves = halfBlocks(model.config);
    check(
      'embed',
      program.embed(A, await model.embedding(), () => {}),
    );
    // A half block each of block 0; then from one recorded stream to the next.
    const first = await model.layer(0);
    program.halfBlock(A, halves[0], first, recorded('embed'), check);
    program.halfBlock(A, halves[1], first, recorded('layers.0.attn_residual'), check);
    for (const layer of [1, 2]) {
      let x = recorded(`layers.${layer - 1}.mlp_residual`);
      const parameters = await model.layer(layer);
      for (const half of halves.slice(2 * layer, 2 * layer + 2))
        x = program.halfBlock(A, half, parameters, x, () => {});
      check(`layers.${layer}.mlp_residual`, x);
    }
    program.predict(A, await model.head(), recorded('layers.2.mlp_residual'), check);
    expect([...found.keys()].sort()).toEqual([...traced.keys()].sort());
    for (const [name, { beyond }] of found) expect(beyond, name).toBe(0);
  });

  it('each operation of block 0 by itself: the largest bound is within 100 times of the largest difference', async () => {
    const model = await loadCheckpoint(folder);
    const layer = await model.layer(0);
    const traced = await trace();
    const A = anyOrder();
    const { heads, headWidth, width, normEpsilon } = model.config;
    const { mask } = batchOf(tokens(), { token: 0 });
    const site = (name: string): string => `layers.0.${name}`;
    const recorded = (name: string): FirstOrder => A.lift(traced.get(name) as Tensor);
    const split = (v: FirstOrder): FirstOrder => A.permute(A.reshape(v, [3, 11, heads, headWidth]), [0, 2, 1, 3]);
    const merged = (v: FirstOrder): FirstOrder => A.reshape(A.permute(v, [0, 2, 1, 3]), [3, 11, width]);
    const at = (name: string): FirstOrder => recorded(site(name));
    const scale = tensor([], Float64Array.of(1 / Math.sqrt(headWidth)));
    const computed: Record<string, () => FirstOrder> = {
      input_norm: () => A.layerNorm('', recorded('embed'), layer.inputNorm!, normEpsilon),
      query: () => split(A.linear('', at('input_norm'), layer.query)),
      key: () => split(A.linear('', at('input_norm'), layer.key)),
      value: () => split(A.linear('', at('input_norm'), layer.value)),
      scores: () => {
        const products = A.matmul('', at('query'), at('key'), { transposed: true });
        return A.select(A.multiply('', products, A.parameter('', scale)), mask, Number.NEGATIVE_INFINITY);
      },
      probs: () => A.softmax('', at('scores'), mask),
      context: () => merged(A.matmul('', at('probs'), at('value'), { mask })),
      attn_out: () => A.linear('', at('context'), layer.attentionOutput),
      attn_residual: () => A.add('', recorded('embed'), at('attn_out')),
      post_norm: () => A.layerNorm('', at('attn_residual'), layer.postNorm, normEpsilon),
      mlp_up: () => A.linear('', at('post_norm'), layer.up),
      mlp_act: () => A.gelu('', at('mlp_up'), 'tanh'),
      mlp_out: () => A.linear('', at('mlp_act'), layer.down),
      mlp_residual: () => A.add('', at('attn_residual'), at('mlp_out')),
    };
    expect(Object.keys(computed).map(site)).toEqual([...traced.keys()].filter((name) => name.startsWith(site(''))));
    for (const [name, run] of Object.entries(computed)) {
      const { far, bound, beyond } = against(A, run(), traced.get(site(name)) as Tensor, name);
      expect(beyond, name).toBe(0);
      expect(bound, name).toBeLessThan(100 * far);
    }
  });
});
