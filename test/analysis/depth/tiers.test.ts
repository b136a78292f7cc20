import { describe, expect, it } from 'vitest';
import { analyze, policyFor } from '../../../src/analysis/analyze.ts';
import { randomSigns } from '../../../src/analysis/depth/local-bounds.ts';
import { type RelativePoint, RelativeProduct } from '../../../src/analysis/depth/relative-product.ts';
import type { DepthTiers, TierPoint } from '../../../src/analysis/depth/result.ts';
import { TierMeasurement } from '../../../src/analysis/depth/tiers.ts';
import { Transport } from '../../../src/analysis/depth/transport.ts';
import type { Diagnostics } from '../../../src/analysis/diagnostics/result.ts';
import type { AnalyzeOptions } from '../../../src/analysis/options.ts';
import { rowsOf } from '../../../src/analysis/rows.ts';
import { Run } from '../../../src/analysis/run.ts';
import { steps } from '../../../src/analysis/steps.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import type { DecoderSource, Linear } from '../../../src/model/decoder-source.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { DecoderProgram } from '../../../src/model/program/decoder.ts';
import { normalNumbers } from '../../../src/model/random/normal.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { type Tensor, tensor } from '../../../src/tensor/index.ts';

const small = {
  ...{ layers: 2, width: 16, heads: 4, vocabulary: 23, positions: 12, seed: 5 },
  ...({ initialisation: 'normal', biases: 'normal' } as const),
};
const tokens = [
  [1, 5, 9, 2, 22, 0, 3],
  [4, 4, 8],
];
const decoders: Record<string, Partial<RandomDecoderOptions>> = {
  'GPT-2': {},
  LLaMA: {
    ...{ norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', kvHeads: 2 },
  } as Partial<RandomDecoderOptions>,
  'post-norm': { normPlacement: 'post' },
};

async function tiersOf(decoder: Partial<RandomDecoderOptions>, options: AnalyzeOptions) {
  const { tiers, taps } = await analyze(randomDecoder({ ...small, ...decoder }), tokens, { ...options, tiers: true });
  return { points: (tiers as DepthTiers).points, unavailable: (tiers as DepthTiers).unavailable, taps };
}
const last = (points: readonly TierPoint[]): TierPoint => points[points.length - 1];

describe.each(Object.entries(decoders))('tiers of a random decoder, %s', (_, decoder) => {
  it('stand at the embedding, after every half block, and at the logits, beside the observed error', async () => {
    const { points, taps } = await tiersOf(decoder, { policy: 'fp16' });
    const ends = taps.filter(({ tap, added }) => added !== null || tap === 'embed' || tap === 'logits');
    expect(points.map(({ tap, layer }) => ({ tap, layer }))).toEqual(ends.map(({ tap, layer }) => ({ tap, layer })));
    points.forEach((point, i) => {
      expect(point.observed).toBe(ends[i].relFrobenius);
      if (ends[i].added !== null) expect(point.local).toBe(ends[i].added);
    });
    expect(points[0]).toMatchObject({ local: points[0].observed, triangle: points[0].observed, rest: 0 });
  });
  it('the transported local errors add up to the error, but for its square', async () => {
    const curvatures: number[] = [];
    for (const policy of ['e8m9', 'e8m13', 'e8m17', 'e8m21']) {
      const { points } = await tiersOf(decoder, { policy });
      for (const { observed, linear, rest, triangle } of points as Required<TierPoint>[]) {
        // Exact but for float64's rounding: x̂ − x = Σ A ξ + rest.
        expect(Math.abs((linear as number) - observed)).toBeLessThanOrEqual((rest as number) + 2 ** -40 * observed);
        expect(observed).toBeLessThanOrEqual((triangle as number) + (rest as number) + 2 ** -40 * observed);
      }
      const { observed, rest } = last(points);
      curvatures.push((rest as number) / observed ** 2);
    }
    // Over 12 binary digits a first-order part that is missed or wrong would multiply this by 2^12. What is of second order
    // does not grow: it differs with the direction of the errors alone.
    expect(Math.max(...curvatures) / Math.min(...curvatures)).toBeLessThan(2 ** 5);
  });
  it('holds for the rounding of float64 itself, against double-double', async () => {
    const { points } = await tiersOf(decoder, { policy: 'fp64', reference: 'double-double' });
    const { observed, rest } = last(points);
    expect(observed).toBeGreaterThan(2 ** -56);
    // Transport in float64 is off by a few hundred roundings of what it transports.
    expect(rest as number).toBeLessThan(2 ** -40 * observed);
  });
  it('with the checkpoint’s rounded weights, and padding on the left', async () => {
    const { points } = await tiersOf(decoder, { policy: 'fp32', weights: 'rounded', pad: 'left' });
    for (const { observed, rest, rootSumSquare, triangle } of points) {
      expect(rest as number).toBeLessThan(1e-3 * observed + 1e-15);
      expect(rootSumSquare as number).toBeLessThanOrEqual((triangle as number) * (1 + 1e-12));
    }
  });
});

describe('tiers of bounds', () => {
  const policies: [string, AnalyzeOptions][] = [
    ['fp32', { policy: 'fp32' }],
    ['bf16, rounded weights, left padding', { policy: 'bf16', weights: 'rounded', pad: 'left' }],
    ['mixed', { policy: 'autocast(bf16); mode=toward-zero; order=lanes(8)' }],
    ['stochastic', { policy: 'fp16; mode=stochastic, seed=7' }],
    ['the scalar oracle', { policy: 'e5m10; accumulate=fp32', backend: 'scalar' }],
  ];
  const cases = Object.keys(decoders).flatMap((name) => policies.map(([title, options]) => ({ name, title, options })));
  it.each(cases)('$name, $title: above what was measured, and in order', async ({ name, options }) => {
    const { points, unavailable } = await tiersOf(decoders[name], options);
    expect(unavailable.map(({ tier }) => tier)).toEqual(name === 'post-norm' ? ['worstCase'] : []);
    for (const point of points) {
      const { observed, local, linear, localBound, boundTriangle, boundRootSumSquare, certified } = point;
      // Float64's own rounding of what is measured and transported.
      const above = (bound: number | null) => (bound as number) * (1 + 2 ** -40) + 2 ** -48;
      expect(observed).toBeLessThanOrEqual(above(certified));
      expect(local as number).toBeLessThanOrEqual(above(localBound));
      expect(linear as number).toBeLessThanOrEqual(above(boundTriangle));
      expect(localBound as number).toBeLessThanOrEqual(above(boundTriangle));
      // Σ‖A ζ‖² ≤ ‖Σ|A||ζ|‖².
      expect(boundRootSumSquare as number).toBeLessThanOrEqual(above(boundTriangle));
      // An embedding of float32 numbers without positions may be exact.
      if (point.tap !== 'embed') expect(boundRootSumSquare as number).toBeGreaterThan(0);
    }
  });
  it('the certified radius is the first-order one where errors are small', async () => {
    // Two implementations of the same sums of magnitudes. They differ by what is of second order, and by the rounding of
    // transport in float64: 2^−29 of u, times the terms of a sum and what it grows by inside the half block.
    const { points } = await tiersOf({}, { policy: 'fp32' });
    for (const { boundTriangle, certified } of points.slice(1, 3)) {
      expect((certified as number) / (boundTriangle as number)).toBeGreaterThan(1 - 2 ** -16);
      expect((certified as number) / (boundTriangle as number)).toBeLessThan(1.01);
    }
  });
  it('end where nothing is known', async () => {
    const { points, unavailable } = await tiersOf({ embeddingScale: 1e6 }, { policy: 'fp16' });
    for (const tier of ['certified', 'boundTriangle', 'boundRootSumSquare'] as const) {
      const from = unavailable.find((entry) => entry.tier === tier);
      expect(from?.because).toBe('a radius is infinite: nothing is known');
      const at = points.findIndex(({ tap }) => tap === from?.from);
      points.forEach((point, i) => {
        expect(point[tier] === null).toBe(i >= at);
      });
    }
  });
});

describe('the worst case', () => {
  it.each(['GPT-2', 'LLaMA'])('of a random decoder, %s, is above everything measured', async (name) => {
    for (const policy of ['fp32', 'bf16']) {
      const { points } = await tiersOf(decoders[name], { policy });
      for (const { observed, worstCase, worstCaseLog10 } of points) {
        expect(worstCase as number).toBeGreaterThanOrEqual(observed);
        expect(Math.log10(worstCase as number)).toBeCloseTo(worstCaseLog10 as number, 9);
      }
    }
  });
  it('goes on in logarithms above the largest float64', async () => {
    const wild = { layers: 40, queryKeyGain: 1e6, width: 4, heads: 1 };
    const { points } = await tiersOf(wild, { policy: 'bf16' });
    const logs = points.map(({ worstCaseLog10 }) => worstCaseLog10 as number);
    expect(logs.every(Number.isFinite)).toBe(true);
    const halfBlocks = logs.slice(0, -1);
    expect(halfBlocks).toEqual([...halfBlocks].sort((a, b) => a - b));
    expect(last(points)).toMatchObject({ worstCase: Number.POSITIVE_INFINITY });
    // Half blocks of one kind stretch by about the same factor, on either side of where float64 ends.
    const growth = halfBlocks.slice(3).map((log, i) => log - halfBlocks[i + 1]);
    expect(Math.max(...growth) / Math.min(...growth)).toBeLessThan(1.5);
  });
  it('is not there where norms stand behind the residual add', async () => {
    const { points, unavailable } = await tiersOf(decoders['post-norm'], { policy: 'bf16' });
    expect(points.every(({ worstCase, worstCaseLog10 }) => worstCase === null && worstCaseLog10 === null)).toBe(true);
    const because = 'blockInf is about norms before attention and MLP';
    expect(unavailable).toContainEqual({ tier: 'worstCase', from: 'embed', because });
  });
});

describe('the product of condition numbers', () => {
  it.each(Object.keys(decoders))(
    'of a random decoder, %s, is above the error but for what is beyond first order',
    async (name) => {
      for (const policy of ['fp32', 'bf16']) {
        const { points, unavailable } = await tiersOf(decoders[name], { policy });
        expect(unavailable.map(({ tier }) => tier)).not.toContain('relativeProduct');
        for (const point of points) {
          const { observed, linear, rest, relativeProduct, relativeProductLog10, condition } = point;
          const above = (relativeProduct as number) * (1 + 2 ** -40);
          expect(observed).toBeLessThanOrEqual(above + (rest as number));
          expect(linear as number).toBeLessThanOrEqual(above);
          if ((relativeProduct as number) < Number.POSITIVE_INFINITY) {
            // 12 digits.
            expect(Math.log10(relativeProduct as number)).toBeCloseTo(relativeProductLog10 as number, 9);
          }
          expect(condition === null).toBe(point.tap === 'embed');
        }
      }
    },
  );
  it('is the recursion of its own columns', async () => {
    const { points, taps } = await tiersOf({}, { policy: 'bf16' });
    let before = points[0].relativeProduct as number;
    expect(before).toBeCloseTo(taps[0].relComponentwise.max, 12);
    for (const { relativeProduct, condition } of points.slice(1)) {
      expect(relativeProduct as number).toBeGreaterThanOrEqual((condition as number) * before);
      before = relativeProduct as number;
    }
  });
  it('has condition numbers that no difference quotient exceeds', async () => {
    const model = randomDecoder({ ...small, ...decoders.LLaMA });
    const { config } = model;
    const program = new DecoderProgram(config, batchOf([[1, 5, 9, 2, 22]], { token: 0 }));
    const A = new CpuArithmetic('float64', float64Specs);
    const product = new RelativeProduct(program);
    const shape = [1, 5, config.width];
    let stream = A.lift({ shape: [0], data: new Float64Array(0) });
    let before: { readonly computed: Tensor; readonly exact: Tensor } | undefined;
    for await (const step of steps(model)) {
      const run = (data: Float64Array) =>
        A.lower(step.compute(program, A, { stream: A.lift({ shape, data }) }, () => {})).data;
      const after = step.compute(program, A, { stream }, () => {});
      const exact = A.lower(after);
      const rows = rowsOf('any', exact.shape, program.batch);
      const zero = new Float64Array(exact.data.length);
      const { condition } = product.step({ step, before, exact: exact.data, local: zero, rows }) as RelativePoint;
      if (before !== undefined) {
        const x = Float64Array.from(before.exact.data);
        let most = 0;
        for (let k = 0; k < 40; k++) {
          const signs = randomSigns(new Float64Array(x.length).fill(2 ** -24), `${k}`);
          const moved = run(x.map((entry, i) => entry * (1 + signs[i])));
          exact.data.forEach((y, i) => {
            most = Math.max(most, (Math.abs(moved[i] - y) / Math.abs(y)) * 2 ** 24);
          });
        }
        // Of second order: 2^−24 times a condition number.
        expect(most).toBeLessThan((condition as number) * (1 + 2 ** -8));
        // 40 random directions of 80 reach a fair part of the worst one.
        expect(most).toBeGreaterThan((condition as number) / 50);
      }
      stream = after;
      before = { computed: exact, exact };
    }
  });
  it('is attained where no signs can cancel', async () => {
    const one = (entry: number): Linear => ({ weight: tensor([1, 1], Float64Array.of(entry)), layout: 'out-in' });
    const norm = { gamma: tensor([1], Float64Array.of(1)) };
    const options = {
      ...small,
      ...decoders.LLaMA,
      width: 1,
      heads: 1,
      kvHeads: 1,
      layers: 2,
      positionEncoding: 'none',
    } as const;
    const model = randomDecoder({ ...options, gated: false, biases: 'zero' } as RandomDecoderOptions);
    const positive: DecoderSource = {
      ...model,
      config: { ...model.config, normEpsilon: 4 },
      embedding: async () => ({ token: tensor([23, 1], new Float64Array(23).fill(0.03)) }),
      layer: async () => ({
        ...{ inputNorm: norm, query: one(1), key: one(1), value: one(1), attentionOutput: one(1 / 8) },
        ...{ postNorm: norm, up: one(60), down: one(1) },
      }),
      head: async () => ({
        finalNorm: norm,
        output: { ...one(1), weight: tensor([23, 1], new Float64Array(23).fill(2)) },
      }),
    };
    const { tiers } = await analyze(positive, [[3]], { policy: 'fp64; embed: fp16', tiers: true });
    const { points } = tiers as DepthTiers;
    expect(points[0].observed).toBeGreaterThan(2 ** -15);
    for (const { observed, relativeProduct, rest } of points) {
      // Step 4 of the theory: 2^−41 for each of some fifty operations of six steps, where a condition number is 2^−5 or more.
      const slack = 2 ** -27 * observed;
      expect(Math.abs((relativeProduct as number) - observed)).toBeLessThanOrEqual((rest as number) + slack);
    }
    expect(Math.max(...points.map(({ condition }) => condition ?? 0))).toBeGreaterThan(1.2);
  });
  it('ends where an entry of the reference is 0, unless nothing reaches it', async () => {
    const { config } = randomDecoder(small);
    const program = new DecoderProgram(config, batchOf([[1]], { token: 0 }));
    const rows = rowsOf('any', [1, 1, 2], program.batch);
    for await (const step of steps(randomDecoder(small))) {
      const at = { step, before: undefined, exact: Float64Array.of(0, 2), rows };
      const product = new RelativeProduct(program);
      expect(product.step({ ...at, local: Float64Array.of(0, 2 ** -9) })?.value).toBeCloseTo(2 ** -10, 14);
      const ended = new RelativeProduct(program);
      expect(ended.step({ ...at, local: Float64Array.of(2 ** -9, 0) })).toBeUndefined();
      expect(ended.because).toBe('an entry of the reference is 0');
      expect(ended.step({ ...at, local: Float64Array.of(0, 0) })).toBeUndefined();
      const broken = new RelativeProduct(program);
      expect(
        broken.step({ ...at, exact: Float64Array.of(1, 2), local: Float64Array.of(Number.NaN, 0) }),
      ).toBeUndefined();
      expect(broken.because).toBe('a computed number or a condition number is not finite');
      return;
    }
  });
});

describe('the predictors', () => {
  it('stand after each layer, and end as the diagnostics’ sums', async () => {
    const model = randomDecoder({ ...small, layers: 3 });
    const { tiers, diagnostics } = await analyze(model, tokens, { policy: 'fp16', tiers: true, diagnostics: true });
    const { points, unavailable } = tiers as DepthTiers;
    expect(unavailable).toEqual([]);
    const sum = (name: string) =>
      (diagnostics as Diagnostics).layers.reduce((s, { values }) => s + (values[name] as number), 0);
    for (const point of points) {
      const stands = point.tap.endsWith('mlp_residual') || point.tap === 'logits';
      expect(point.baekPredictor === null).toBe(!stands);
      expect(point.riskA2 === null).toBe(!stands);
    }
    expect((last(points).baekPredictor as number) / sum('a1_prediction')).toBeCloseTo(1, 12);
    expect((last(points).riskA2 as number) / sum('a2_risk')).toBeCloseTo(1, 12);
    // The diagnostics of a decoder that ends after its second layer.
    const shorter = { ...model, config: { ...model.config, layers: 2 } };
    const two = await analyze(shorter, tokens, { policy: 'fp16', diagnostics: true });
    const risk = (two.diagnostics as Diagnostics).layers.reduce((s, { values }) => s + (values.a2_risk as number), 0);
    const at = points.find(({ tap }) => tap === 'layers.1.mlp_residual') as TierPoint;
    expect((at.riskA2 as number) / risk).toBeCloseTo(1, 12);
  });
  it('are not in the analysis as diagnostics unless these are asked for', async () => {
    const analysis = await analyze(randomDecoder(small), tokens, { tiers: true });
    expect(analysis).not.toHaveProperty('diagnostics');
  });
  it('end where a term is not finite', async () => {
    // Scores of 0 in every layer: κ_score is 0/0.
    const model = randomDecoder(small);
    const without: DecoderSource = {
      ...model,
      layer: async (l) => {
        const layer = await model.layer(l);
        const { weight, layout } = layer.query;
        return { ...layer, query: { weight: tensor([...weight.shape], new Float64Array(weight.data.length)), layout } };
      },
    };
    const { tiers } = await analyze(without, tokens, { policy: 'bf16', tiers: true });
    const { points, unavailable } = tiers as DepthTiers;
    expect(unavailable).toContainEqual({
      ...{ tier: 'baekPredictor', from: 'layers.0.mlp_residual' },
      because: 'a term of the predictor is not finite',
    });
    expect(points.every(({ baekPredictor }) => baekPredictor === null)).toBe(true);
  });
});

describe('tiers', () => {
  it('are there only where asked for', async () => {
    expect(await analyze(randomDecoder(small), tokens)).not.toHaveProperty('tiers');
  });
  it('end where a computed number is not finite', async () => {
    const { points, unavailable } = await tiersOf({ embeddingScale: 1e6 }, { policy: 'fp16' });
    const from = unavailable.find(({ tier }) => tier === 'triangle');
    expect(from?.because).toBe('a computed number is infinite or NaN');
    const at = points.findIndex(({ tap }) => tap === from?.from);
    expect(at).toBeGreaterThanOrEqual(0);
    points.forEach(({ triangle, rootSumSquare }, i) => {
      expect(triangle === null).toBe(i >= at);
      expect(rootSumSquare === null).toBe(i >= at);
    });
  });
  it('are 0 where nothing rounds', async () => {
    const { points } = await tiersOf({}, { policy: 'fp64' });
    for (const point of points) expect(point).toMatchObject({ observed: 0, triangle: 0, rootSumSquare: 0, rest: 0 });
  });
});

describe('transport', () => {
  const program = () => {
    const { config } = randomDecoder({ ...small, ...decoders.LLaMA });
    return new DecoderProgram(config, batchOf(tokens, { token: 0 }));
  };
  it('gives the same bits in portions of one vector and of all', async () => {
    const model = randomDecoder({ ...small, ...decoders.LLaMA });
    const found = [];
    for (const chunk of [1, 2 ** 30]) {
      const transport = new Transport(program(), chunk);
      const shown: number[][] = [];
      let count = 0;
      for await (const step of steps(model)) {
        const own = (length: number) => Float64Array.from(normalNumbers(length, `own ${count}`, 1, 1), Math.abs);
        const stream = { shape: [2, 7, 16], data: Float64Array.from(normalNumbers(2 * 7 * 16, `x ${count}`, 1, 1)) };
        const length = step.head === undefined ? 2 * 7 * 16 : 2 * 7 * 23;
        transport.carry(step, count === 0 ? undefined : stream, own(length), (image) => shown.push([...image]));
        count++;
      }
      expect(shown.length).toBe((count * (count + 1)) / 2);
      found.push(shown);
    }
    expect(found[1]).toEqual(found[0]);
  });
  it('is given up where it would not fit into memory, and the other tiers stand', async () => {
    const model = randomDecoder({ ...small, ...decoders.LLaMA });
    const { specFor } = policyFor(model, 'bf16');
    const make = () => new CpuArithmetic('softfloat', specFor);
    const computed = new Run<unknown>(program(), make());
    const reference = new Run<unknown>(program(), new CpuArithmetic('float64', float64Specs));
    // 2·(2·2 + 1) vectors of 2·7·16 numbers.
    const limit = 10 * 2 * 7 * 16;
    const because = `10 vectors of 224 numbers would have to be kept, more than ${limit - 1} numbers; take shorter or fewer sequences`;
    for (const room of [limit, limit - 1]) {
      const tiers = new TierMeasurement(computed, reference, make, specFor, room);
      expect(tiers.result([]).unavailable.map((entry) => entry.because)).toEqual(
        room === limit ? [] : new Array(3).fill(because),
      );
    }
    const tiers = new TierMeasurement(computed, reference, make, specFor, limit - 1);
    for await (const step of steps(model)) {
      await tiers.begin();
      computed.step(step);
      reference.step(step);
      await tiers.end(step);
    }
    for (const point of tiers.result([]).points) {
      expect(point).toMatchObject({ triangle: null, rootSumSquare: null, boundRootSumSquare: null });
      expect(point.boundTriangle as number).toBeGreaterThanOrEqual(point.localBound as number);
      expect(point.certified as number).toBeGreaterThanOrEqual(point.observed);
      expect(point.worstCase as number).toBeGreaterThanOrEqual(point.observed);
    }
  });
});

describe('random signs', () => {
  it('keep magnitudes, are as many of one kind as of the other, and differ by name', () => {
    const ones = new Float64Array(2 ** 14).fill(3);
    const signed = randomSigns(ones, 'embed');
    expect(signed.every((x) => Math.abs(x) === 3)).toBe(true);
    // Four standard deviations of a sum of 2^14 signs are 2^9.
    expect(Math.abs(signed.reduce((a, b) => a + b / 3, 0))).toBeLessThan(2 ** 9);
    const other = randomSigns(ones, 'layers.0.attn_residual');
    expect(Math.abs(signed.reduce((sum, x, i) => sum + (x * other[i]) / 9, 0))).toBeLessThan(2 ** 9);
    expect(randomSigns(ones, 'embed')).toEqual(signed);
  });
});
