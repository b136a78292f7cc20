/** Oracle: what PyTorch computed in float32 for gpt-nano-sort, honest and with defects planted into it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/analysis/traces/explain/explain.ts';
import { memoryTrace, type RecordedTap, type Trace } from '../../src/analysis/traces/trace.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { formats, nextUp, round } from '../../src/formats/index.ts';
import { openSafetensors } from '../../src/model/checkpoint/safetensors.ts';
import type { DecoderSource } from '../../src/model/decoder-source.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { parsePolicy, type Tensor } from '../../src/tensor/index.ts';
import { allTaps } from '../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

describe.skipIf(!hasSharedData)(needsSharedData('explaining PyTorch’s float32 trace beside ours'), () => {
  const folder = resolve(sharedData, 'gpt-nano-sort');
  const tokens: number[][] = hasSharedData ? JSON.parse(readFileSync(resolve(folder, 'tokens.json'), 'utf8')) : [];
  const recorded = (shape: readonly number[], data: ArrayLike<number>): RecordedTap => ({
    ...{ shape, format: formats.fp32, values: Float64Array.from(data) },
  });

  type Change = (x: number, index: number) => number;
  async function pytorch(plant?: { tap: string; change: Change }, keep = /./): Promise<Trace> {
    const file = await openSafetensors(nodeFolder(folder), 'pytorch-fp32-trace.safetensors');
    const taps = new Map<string, RecordedTap>();
    for (const name of file.tensors.keys()) {
      const { shape, data } = await file.read(name);
      const numbers = name === plant?.tap ? Array.from(data, plant.change) : data;
      if (keep.test(name)) taps.set(name, recorded(shape, numbers));
    }
    return memoryTrace('pytorch', { producer: 'PyTorch float32' }, taps);
  }
  async function ours(model: DecoderSource, policy = 'fp32; order=pairwise'): Promise<Trace> {
    const { specFor } = parsePolicy(policy, siteNames(model.config));
    const arithmetic = new CpuArithmetic('ours', specFor);
    const taps = await allTaps(model, tokens, arithmetic as never);
    const entries = [...taps].map(
      ([name, { shape, data }]: [string, Tensor]) => [name, recorded(shape, data)] as const,
    );
    return memoryTrace('ours', { producer: 'ulpwise', policy, tokens }, new Map(entries));
  }

  it('is expected: embedding and residual additions match to the bit, all else lies within what rounding can give', async () => {
    const model = await loadCheckpoint(folder);
    const traces = { A: await ours(model), B: await pytorch() };
    const found = await explain(model, traces, { tokens });
    expect(found).toMatchObject({ verdict: 'expected', tap: null, side: null });
    expect(found.sides.B).toMatchObject({ producer: 'pytorch', policy: 'fp32; order=lanes(8), bias=fused' });
    const checks = new Map(found.taps.flatMap(({ tap, B }) => (B === undefined ? [] : [[tap, B]])));
    expect(checks.size).toBe(19);
    for (const [tap, check] of checks) {
      expect(check).toMatchObject({ beyond: 0, unknown: 0 });
      const free = tap === 'embed' || /^layers\.0\..*_residual$/.test(tap);
      expect(check.orderFree, tap).toBe(free);
      // Eleven roundings or fewer, of numbers that were not far off one another: of the size that is expected.
      if (!free) expect(check.expectedRatio, tap).toBeGreaterThan(1 / 4);
      if (!free) expect(check.expectedRatio, tap).toBeLessThan(4);
    }
    // The difference is what was inherited and what both sides added.
    for (const { split } of found.taps) {
      if (split === undefined) continue;
      const parts = split.inherited + split.addedA + split.addedB;
      expect(split.difference).toBeLessThanOrEqual(parts * (1 + 2 ** -40));
    }
  });

  it('the same with the streams behind blocks alone, whose spans are whole blocks', async () => {
    const model = await loadCheckpoint(folder);
    const B = await pytorch(undefined, /mlp_residual|logits/);
    const found = await explain(model, { A: await ours(model), B }, { tokens });
    expect(found.verdict).toBe('expected');
    const checks = found.taps.flatMap(({ B: check }) => (check === undefined ? [] : [check]));
    expect(checks.map(({ tap }) => tap)).toEqual([
      'layers.0.mlp_residual',
      'layers.1.mlp_residual',
      'layers.2.mlp_residual',
      'logits',
    ]);
    for (const check of checks) expect(check).toMatchObject({ orderFree: false, unknown: 0 });
  });

  it.each<[string, string, Change]>([
    ['layers.0.attn_residual', 'one ulp', (x, i) => (i === 1583 ? nextUp(x, formats.fp32) : x)],
    ['embed', 'one ulp', (x, i) => (i === 7 ? nextUp(x, formats.fp32) : x)],
    ['layers.0.query', 'bf16', (x) => round(x, formats.bf16)],
    ['layers.0.scores', 'no scale', (x) => 4 * x],
    ['layers.0.mlp_act', 'another gelu', (x) => Math.fround(x + 3e-4 * Math.tanh(x))],
    ['logits', 'NaN', (x, i) => (i === 3 ? Number.NaN : x)],
  ])('%s with %s is named', async (tap, _, change) => {
    const model = await loadCheckpoint(folder);
    const found = await explain(model, { A: await ours(model), B: await pytorch({ tap, change }) }, { tokens });
    expect(found).toMatchObject({ verdict: 'bug', tap, side: 'B' });
    expect(found.evidence).toMatch(/entries; the worst at \[\d+(,\d+)+\]: recorded .*, recomputed /);
  });

  it('a policy that the trace did not follow is named on that side', async () => {
    const model = await loadCheckpoint(folder);
    const B = await ours(model, 'fp32; layers.1.mlp_up: bf16');
    const found = await explain(model, { A: await ours(model), B }, { B: { policy: 'fp32' } });
    expect(found).toMatchObject({ verdict: 'bug', tap: 'layers.1.mlp_up', side: 'B' });
  });

  it('without tokens the embedding is not checked, and the rest is', async () => {
    const model = await loadCheckpoint(folder);
    const found = await explain(model, { A: await pytorch(), B: await pytorch() });
    expect(found.verdict).toBe('expected');
    expect(found.sides.A.embeddingChecked).toBe(false);
    expect(found.taps[0].tap).toBe('layers.0.input_norm');
  });
});
