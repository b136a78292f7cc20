import { describe, expect, it } from 'vitest';
import { type ExplainOptions, explain } from '../../../src/analysis/traces/explain/explain.ts';
import { float32AngleError, parseProducer } from '../../../src/analysis/traces/explain/producers.ts';
import { memoryTrace, type RecordedTap, type Trace, type TraceMetadata } from '../../../src/analysis/traces/trace.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { InputError } from '../../../src/formats/index.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';
import { allTaps } from '../../support/run-program.ts';

const small: RandomDecoderOptions = {
  ...{ layers: 1, width: 16, heads: 2, mlpWidth: 24, vocabulary: 20, positions: 700, seed: 3 },
  ...{ initialisation: 'fan-in', standardDeviation: 1 },
};
const llama: RandomDecoderOptions = {
  ...{ ...small, norm: 'rmsNorm', activation: 'silu', gated: true, positionEncoding: 'rotary', biases: 'none' },
};
const tokens = [
  [3, 1, 4, 1, 5, 9, 2, 6],
  [5, 3, 5],
];

interface Recorded {
  readonly policy?: string;
  readonly tokens?: number[][];
  readonly metadata?: Partial<TraceMetadata>;
  /** Leave the policy out of the metadata. */
  readonly undeclared?: boolean;
  readonly change?: (tap: string, values: Float64Array) => void;
}

async function traceOf(options: RandomDecoderOptions, recorded: Recorded = {}): Promise<Trace> {
  const { policy = 'fp32', metadata = {}, change } = recorded;
  const model = randomDecoder(options);
  const { specFor } = parsePolicy(policy, siteNames(model.config));
  const sequences = recorded.tokens ?? tokens;
  const taps = new Map<string, RecordedTap>();
  const all = await allTaps(model, sequences, new CpuArithmetic('x', specFor) as never);
  for (const [tap, { shape, data }] of all as Map<string, Tensor>) {
    const values = Float64Array.from(data);
    change?.(tap, values);
    taps.set(tap, { shape, format: specFor(tap).out, values });
  }
  const { spans } = batchOf(sequences, { token: 0 });
  const declared = recorded.undeclared === true ? {} : { policy };
  return memoryTrace('a trace', { producer: 'ulpwise', ...declared, tokens: sequences, spans, ...metadata }, taps);
}

const against = (options: RandomDecoderOptions, A: Trace, B: Trace, more: ExplainOptions = {}) =>
  explain(randomDecoder(options), { A, B }, more);

describe('explain', () => {
  it('a trace beside itself: nothing differs, and all of it is expected', async () => {
    const trace = await traceOf(small);
    const { verdict, taps, evidence } = await against(small, trace, trace);
    expect(verdict).toBe('expected');
    expect(evidence).toMatch(/^every recorded number is one that rounding can give: at most 0\.\d+ of the bound$/);
    expect(taps.map(({ tap }) => tap)).toEqual(siteNames(randomDecoder(small).config));
    for (const { split } of taps) expect(split).toMatchObject({ difference: 0, inherited: 0 });
  });

  it('where both are beyond their bounds, it says so', async () => {
    const twice = { change: (tap: string, values: Float64Array) => void (tap === 'logits' && values.fill(1)) };
    const [A, B] = [await traceOf(small, twice), await traceOf(small, twice)];
    const found = await against(small, A, B);
    expect(found).toMatchObject({ verdict: 'bug', tap: 'logits', side: 'both' });
    expect(found.evidence).toMatch(/B is beyond its bound, too/);
  });

  it('attention to a hidden key is named at the probabilities', async () => {
    const B = await traceOf(small, {
      // The first token's probability of the second key.
      change: (tap, values) => {
        if (tap === 'layers.0.probs') values[1] = 2 ** -20;
      },
    });
    const found = await against(small, await traceOf(small), B);
    expect(found).toMatchObject({ verdict: 'bug', tap: 'layers.0.probs', side: 'B' });
    expect(found.evidence).toContain('the worst at [0,0,0,1]: recorded 9.5367431640625e-7, recomputed 0');
  });

  it('numbers of padded tokens are not looked at', async () => {
    const B = await traceOf(small, {
      change: (tap, values) => {
        // The second sequence's last place.
        if (/residual|norm|embed/.test(tap)) values.fill(Number.NaN, values.length - 16);
      },
    });
    expect((await against(small, await traceOf(small), B)).verdict).toBe('expected');
  });

  it('an overflow is no defect: nothing is known where one may have happened', async () => {
    const large = { ...small, standardDeviation: 200, normPlacement: 'pre' as const, queryKeyGain: 300 };
    const trace = await traceOf(large, { policy: 'fp16' });
    const found = await against(large, trace, trace);
    expect(found.verdict).toBe('expected');
    expect(found.evidence).toMatch(/nothing is known of \d+ entries, where an overflow may have happened/);
  });

  it('angles formed in float32 are a defect of a program of exact ones, and expected of PyTorch', async () => {
    const long = [Array.from({ length: 200 }, (_, i) => (i * 7) % 20)];
    const exact = await traceOf(llama, { tokens: long });
    const rounded = await traceOf(llama, { tokens: long, policy: 'fp32; rotary=float32-angles' });
    const defect = await against(llama, exact, rounded, { B: { policy: 'fp32' } });
    expect(defect).toMatchObject({ verdict: 'bug', tap: expect.stringMatching(/query|key/), side: 'B' });
    const expected = await against(llama, exact, rounded, { B: { producer: 'pytorch', policy: 'fp32' } });
    expect(expected.verdict).toBe('expected');
    const declared = await against(llama, exact, rounded);
    expect(declared.verdict).toBe('expected');
  });

  it('float32 angles stay within what is allowed for them, by the formula that frameworks use', () => {
    const { config } = randomDecoder({ ...llama, width: 64, heads: 1, positions: 5000 });
    const batch = batchOf([new Array<number>(4097).fill(0)], { token: 0 });
    const allowed = float32AngleError(config, batch);
    const [f, pairs] = [Math.fround, 32];
    let farthest = 0;
    for (const position of [1, 100, 511, 512, 4096]) {
      for (let j = 0; j < pairs; j++) {
        const exponent = f((2 * j) / 64);
        const angle = f(position * f(1 / f(config.rotaryBase ** exponent)));
        const distance = Math.abs(angle - position * config.rotaryBase ** ((-2 * j) / 64));
        expect(distance).toBeLessThanOrEqual(allowed(position * pairs + j));
        if (distance > 0) farthest = Math.max(farthest, distance / allowed(position * pairs + j));
      }
    }
    expect(farthest).toBeGreaterThan(0.1);
  });

  it.each([
    [64, 512, 68],
    [64, 4096, 591],
    [128, 512, 234],
    [128, 4096, 2025],
  ])('d = %s, position %s: float32 angles are %su off in cosine or sine (docs/explain.md)', (d, position, units) => {
    const f = Math.fround;
    let most = 0;
    for (let j = 0; j < d / 2; j++) {
      const angle = f(position * f(1 / f(10_000 ** f((2 * j) / d))));
      const exact = position * 10_000 ** ((-2 * j) / d);
      most = Math.max(most, Math.abs(Math.cos(angle) - Math.cos(exact)), Math.abs(Math.sin(angle) - Math.sin(exact)));
    }
    expect(Math.round(most * 2 ** 24)).toBe(units);
  });

  it.each<[string, RegExp, Recorded | { readonly taps: Map<string, RecordedTap> }, ExplainOptions?]>([
    [
      'other tokens',
      /expected a sequence with the same tokens as one of a trace, got none/,
      { tokens: [[4, ...tokens[0].slice(1)]] },
    ],
    [
      'no taps of the model',
      /b: expected taps of the checkpoint, such as embed, got none; give a name map/,
      { taps: new Map() },
    ],
    [
      'another shape',
      /layers\.0\.query: expected the shape \[2,2,8,8\] of the checkpoint, got \[2,8,2,8\]/,
      {
        taps: new Map([
          ['embed', { shape: [2, 8, 16], format: null, values: new Float64Array(256) }],
          ['layers.0.query', { shape: [2, 8, 2, 8], format: null, values: new Float64Array(256) }],
        ]),
      },
      { pad: 'right' },
    ],
    [
      'no policy',
      /expected a policy in the trace's metadata, got none; give --policy-a or --policy-b/,
      { metadata: { producer: 'ulpwise' }, undeclared: true },
    ],
    ['a wrong policy', /policy: /, {}, { B: { policy: 'nope' } }],
    [
      'spans beyond the taps',
      /expected spans within its 8 tokens, got one that ends at 9/,
      {
        metadata: {
          spans: [
            { start: 0, end: 9 },
            { start: 0, end: 3 },
          ],
        },
      },
    ],
  ])('%s: refused', async (_, message, recorded, options) => {
    const metadata = { producer: 'ulpwise', policy: 'fp32', tokens };
    const B =
      'taps' in recorded ? memoryTrace('b', metadata, recorded.taps) : await traceOf(small, recorded as Recorded);
    const run = against(small, await traceOf(small), B, options);
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow(message);
  });
  it('tokens of another number are refused', async () => {
    const [A, B] = [await traceOf(small), await traceOf(small)];
    const nameless = (t: Trace): Trace => ({ ...t, metadata: { producer: 'ulpwise', policy: 'fp32' } });
    const run = against(small, nameless(A), nameless(B), { tokens: [[1, 2], [3]] });
    await expect(run).rejects.toThrow(/expected 8 tokens in sequence 0, got 2/);
  });
  it('sequences that only one of them has are left out, in whatever order they come', async () => {
    const A = await traceOf(small, { tokens: [tokens[1], [7, 7, 7, 7], tokens[0]] });
    const { verdict, taps } = await against(small, A, await traceOf(small));
    expect(verdict).toBe('expected');
    for (const { split } of taps) expect(split).toMatchObject({ difference: 0, inherited: 0 });
    expect(taps[0].A).toMatchObject({ entries: 16 * 11, orderFree: true });
  });
  it('an unknown producer is refused', () => {
    expect(() => parseProducer('caffe')).toThrow(/--producer: expected ulpwise, pytorch, unknown, got 'caffe'/);
  });
});
