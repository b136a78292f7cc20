import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differs, diffTraces } from '../../../src/analysis/traces/diff.ts';
import { memoryTrace, type RecordedTap, type Trace, type TraceMetadata } from '../../../src/analysis/traces/trace.ts';
import { coarser, ulpsApart } from '../../../src/analysis/traces/ulps.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import {
  type Format,
  formats,
  fromOrdinal,
  ordinal,
  parseFormat,
  round,
  ulpDistance,
} from '../../../src/formats/index.ts';
import { randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, sizeOf } from '../../../src/tensor/index.ts';
import { allTaps } from '../../support/run-program.ts';

type Taps = Record<string, readonly [shape: readonly number[], values: readonly number[], format?: Format]>;

function traceOf(source: string, taps: Taps, metadata: Partial<TraceMetadata> = {}): Trace {
  const recorded = Object.entries(taps).map(([name, [shape, values, format = formats.fp32]]): [string, RecordedTap] => [
    name,
    { shape, format, values: Float64Array.from(values) },
  ]);
  return memoryTrace(source, { producer: 'test', ...metadata }, new Map(recorded));
}
const counting = (shape: readonly number[], from = 0): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => from + i);

describe('distances over arrays', () => {
  const some = [formats.fp64, formats.fp32, formats.fp16, formats.bf16, formats.e4m3, parseFormat('e3m5')] as const;
  it.each(some.map((format) => [format.name, format] as const))('%s: as ulpDistance has them', (_, format) => {
    const [most, apart] = [ordinal(format.largest, format), ulpsApart(format)];
    const numbers = fc
      .oneof(fc.bigInt({ min: -most, max: most }), fc.bigInt({ min: -9n, max: 9n }))
      .map((at) => fromOrdinal(at, format));
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(apart(a, b)).toBe(Number(ulpDistance(a, b, format)));
      }),
      { seed: 7, numRuns: 500 },
    );
    expect(apart(-0, 0)).toBe(0);
    expect(apart(-format.smallestSubnormal, format.smallestSubnormal)).toBe(2);
    if (format.infinities) expect(apart(format.largest, Number.POSITIVE_INFINITY)).toBe(1);
  });
  it('decimal formats too', () => {
    expect(ulpsApart(parseFormat('decimal:3'))(1, 0.998)).toBe(2);
  });
  it('the coarser format has fewer bits, then fewer exponents', () => {
    expect(coarser(formats.fp32, formats.bf16)).toBe(formats.bf16);
    expect(coarser(formats.fp16, formats.bf16)).toBe(formats.bf16);
    expect(coarser(formats.tf32, formats.fp16)).toBe(formats.fp16);
  });
});

describe('diffTraces', () => {
  it('a trace against itself is the same, NaN and infinities included', async () => {
    const shape = [1, 2, 3];
    const trace = traceOf('a', { embed: [shape, [1, -0, Number.NaN, 1 / 0, -1 / 0, 5e-324]] });
    const { identical, firstDifference, taps } = await diffTraces(trace, trace);
    expect({ identical, firstDifference }).toEqual({ identical: true, firstDifference: null });
    expect(taps[0].difference).toMatchObject({ entries: 6, differing: 0, first: null, ulps: { largest: 0, at: null } });
  });
  it('finds the first entry, the farthest one, and both numbers', async () => {
    const a = traceOf('a', {
      embed: [
        [1, 2, 3],
        [1, 2, 3, 4, 0, 6],
      ],
    });
    const b = traceOf('b', {
      embed: [
        [1, 2, 3],
        [1, 2 + 2 ** -22, 3, 4 + 2 ** -19, -0, 6],
      ],
    });
    const { taps, firstDifference } = await diffTraces(a, b);
    expect(firstDifference).toBe('embed');
    expect(taps[0].difference).toMatchObject({
      entries: 6,
      differing: 3,
      nanOnOneSide: 0,
      first: { indexA: [0, 0, 1], indexB: [0, 0, 1], a: 2, b: 2 + 2 ** -22 },
      ulps: { format: 'fp32', largest: 4, at: { indexA: [0, 1, 0], a: 4, b: 4 + 2 ** -19 } },
      absLinf: { max: 2 ** -19 },
      relLinf: { max: 2 ** -19 / 6 },
      relComponentwise: { max: 2 ** -21 },
    });
    // √(2^-44 + 2^-38) / √66; two roots, a quotient and sums of exact squares: 4 roundings.
    const expected = Math.sqrt(2 ** -44 + 2 ** -38) / Math.sqrt(66);
    expect(Math.abs(taps[0].difference!.relFrobenius - expected)).toBeLessThanOrEqual(4 * 2 ** -53 * expected);
  });
  it('NaN on one side, zeros of other sign and integers differ', async () => {
    const a = traceOf('a', {
      embed: [
        [1, 1, 2],
        [1, 0],
      ],
      other: [[2], [1, 2]],
    });
    const b = memoryTrace(
      'b',
      { producer: 'test' },
      new Map([
        ['embed', { shape: [1, 1, 2], format: formats.fp32, values: Float64Array.of(Number.NaN, -0) }],
        ['other', { shape: [2], format: null, values: Float64Array.of(1, 2) }],
      ]),
    );
    const { taps } = await diffTraces(a, b);
    expect(taps[0].difference).toMatchObject({ differing: 2, nanOnOneSide: 1, ulps: { largest: 0 } });
    expect(taps[1].difference).toMatchObject({ differing: 0, ulps: null });
  });
  it('counts distances in the coarser format, to which both are rounded', async () => {
    const x = [1.0001, 2.7, -3.3, 1e-40];
    const a = traceOf('a', { embed: [[1, 2, 2], x.map((y) => round(y, formats.fp32))] });
    const exact = traceOf('b', { embed: [[1, 2, 2], x.map((y) => round(y, formats.bf16)), formats.bf16] });
    const off = x.map((y, i) =>
      fromOrdinal(ordinal(round(y, formats.bf16), formats.bf16) + (i === 1 ? 3n : 0n), formats.bf16),
    );
    expect((await diffTraces(a, exact)).taps[0].difference).toMatchObject({
      differing: 4,
      ulps: { format: 'bf16', largest: 0 },
    });
    const moved = traceOf('c', { embed: [[1, 2, 2], off, formats.bf16] });
    expect((await diffTraces(a, moved)).taps[0].difference?.ulps).toMatchObject({
      largest: 3,
      at: { indexA: [0, 0, 1] },
    });
  });
  it('stops at the first that differs, in program order whatever the files say', async () => {
    const taps = { logits: [[1, 1, 1], [1]], 'layers.0.query': [[1, 1, 1, 1], [2]], embed: [[1, 1, 1], [3]] } as const;
    const a = traceOf('a', taps);
    const b = traceOf('b', { ...taps, logits: [[1, 1, 1], [2]], 'layers.0.query': [[1, 1, 1, 1], [7]] });
    const first = await diffTraces(a, b, { first: true });
    expect(first.taps.map(({ tap }) => tap)).toEqual(['embed', 'layers.0.query']);
    const all = await diffTraces(a, b);
    expect(all.taps.map(({ tap, ...rest }) => [tap, differs({ tap, ...rest })])).toEqual([
      ['embed', false],
      ['layers.0.query', true],
      ['logits', true],
    ]);
  });
  it('lists what one side lacks, and shapes that do not belong together', async () => {
    const a = traceOf('a', {
      embed: [
        [1, 1, 2],
        [1, 2],
      ],
      x: [[2], [1, 2]],
      'layers.0.query': [
        [1, 2, 1, 2],
        [1, 2, 3, 4],
      ],
    });
    const b = traceOf('b', {
      embed: [
        [1, 1, 2],
        [1, 2],
      ],
      y: [[2], [1, 2]],
      'layers.0.query': [
        [1, 1, 1, 4],
        [1, 2, 3, 4],
      ],
    });
    const diff = await diffTraces(a, b);
    expect(diff).toMatchObject({ onlyInA: ['x'], onlyInB: ['y'], identical: false, firstDifference: 'layers.0.query' });
    expect(diff.taps[1]).toMatchObject({ a: { shape: [1, 2, 1, 2] }, b: { shape: [1, 1, 1, 4] }, difference: null });
  });
  it('two traces without a common tap are refused', async () => {
    const [a, b] = [traceOf('a', { embed: [[1, 1, 1], [1]] }), traceOf('b', { wte: [[1, 1, 1], [1]] })];
    await expect(diffTraces(a, b)).rejects.toThrow(/expected taps that both traces have, got embed in a and wte in b/);
    await expect(diffTraces(a, a, { taps: ['x*'] })).rejects.toThrow(/got none in a/);
  });
});

describe('padding', () => {
  const plain = {
    embed: [[1, 3, 2], counting([1, 3, 2])],
    'layers.0.key': [[1, 2, 3, 1], counting([1, 2, 3, 1])],
  } as const;
  // Five tokens, of which the middle three are the sequence.
  const wide = {
    embed: [
      [1, 5, 2],
      [91, 92, 0, 1, 2, 3, 4, 5, 93, 94],
    ],
    'layers.0.key': [
      [1, 2, 5, 1],
      [91, 0, 1, 2, 92, 93, 3, 4, 5, 94],
    ],
  } as const;
  const left = {
    embed: [
      [1, 5, 2],
      [91, 92, 93, 94, 0, 1, 2, 3, 4, 5],
    ],
    'layers.0.key': [
      [1, 2, 5, 1],
      [91, 92, 0, 1, 2, 93, 94, 3, 4, 5],
    ],
  } as const;
  it('is sliced away by spans, wherever they stand', async () => {
    const diff = await diffTraces(traceOf('a', plain), traceOf('b', wide, { spans: [{ start: 1, end: 4 }] }));
    expect(diff.identical).toBe(true);
    expect(diff.taps.map(({ difference }) => difference?.entries)).toEqual([6, 6]);
    expect(diff.pairs).toEqual([{ a: 0, b: 0, spanA: { start: 0, end: 3 }, spanB: { start: 1, end: 4 } }]);
  });
  it('by tokens and the side', async () => {
    const b = traceOf('b', left, { tokens: [[7, 8, 9]] });
    expect((await diffTraces(traceOf('a', plain), b, { pad: 'left' })).identical).toBe(true);
    expect((await diffTraces(traceOf('a', plain), b, { pad: 'right' })).identical).toBe(false);
    await expect(diffTraces(traceOf('a', plain), b)).rejects.toThrow(/where 2 tokens of padding stand; give --pad/);
  });
  it('by the shorter trace and the side, where neither says anything', async () => {
    const [a, b] = [traceOf('a', plain), traceOf('b', left)];
    expect((await diffTraces(a, b, { pad: 'left' })).identical).toBe(true);
    expect((await diffTraces(b, a, { pad: 'left' })).identical).toBe(true);
    await expect(diffTraces(a, b)).rejects.toThrow(
      /b: expected 3 tokens in sequence 0 as in the other trace, got 5; give --pad/,
    );
  });
  it('indices are those of each trace', async () => {
    const moved = {
      ...left,
      embed: [
        [1, 5, 2],
        [91, 92, 93, 94, 0, 1, 2, 7, 4, 5],
      ],
    } as const;
    const { taps } = await diffTraces(traceOf('a', plain), traceOf('b', moved), { pad: 'left' });
    expect(taps[0].difference?.first).toEqual({ indexA: [0, 1, 1], indexB: [0, 3, 1], a: 3, b: 7 });
  });
  it('sequences are matched by their tokens, also out of a larger batch', async () => {
    const single = traceOf(
      'a',
      {
        embed: [
          [1, 2, 1],
          [5, 6],
        ],
      },
      { tokens: [[1, 2]] },
    );
    const batch = traceOf(
      'b',
      {
        embed: [
          [2, 3, 1],
          [1, 2, 3, 5, 6, 99],
        ],
      },
      {
        tokens: [
          [4, 4, 4],
          [1, 2],
        ],
      },
    );
    const diff = await diffTraces(single, batch, { pad: 'right' });
    expect(diff.identical).toBe(true);
    expect(diff.pairs).toMatchObject([{ a: 0, b: 1 }]);
    const other = traceOf(
      'c',
      {
        embed: [
          [1, 2, 1],
          [5, 6],
        ],
      },
      { tokens: [[1, 3]] },
    );
    await expect(diffTraces(single, other)).rejects.toThrow(/expected a sequence with the same tokens/);
    const unnamed = traceOf('d', {
      embed: [
        [2, 2, 1],
        [5, 6, 7, 8],
      ],
    });
    await expect(diffTraces(single, unnamed)).rejects.toThrow(/expected 1 sequences as in a, got 2/);
  });
  it('metadata that does not fit the taps is refused', async () => {
    const b = (metadata: Partial<TraceMetadata>) => traceOf('b', plain, metadata);
    await expect(diffTraces(b({}), b({ spans: [] }))).rejects.toThrow(/taps of 0 sequences by its metadata, got 1/);
    await expect(diffTraces(b({}), b({ spans: [{ start: 0, end: 4 }] }))).rejects.toThrow(/spans within its 3 tokens/);
    await expect(diffTraces(b({}), b({ tokens: [[1, 2, 3, 4]] }))).rejects.toThrow(/at most 3 tokens/);
  });
  it('masked scores and keys of padding are left out, visible ones are not', async () => {
    // Two tokens behind one of padding: the query at 1 sees key 1, that at 2 the keys 1 and 2.
    const bare = traceOf('a', {
      'layers.0.scores': [
        [1, 1, 2, 2],
        [10, 99, 20, 21],
      ],
    });
    const spans = [{ start: 1, end: 3 }];
    const padded = (last: number) =>
      traceOf(
        'b',
        {
          'layers.0.scores': [
            [1, 1, 3, 3],
            [-1, -2, -3, -4, 10, -5, -6, 20, last],
          ],
        },
        { spans },
      );
    const same = await diffTraces(bare, padded(21));
    expect(same.taps[0].difference).toMatchObject({ entries: 3, differing: 0 });
    const other = await diffTraces(bare, padded(22));
    expect(other.taps[0].difference?.first).toEqual({ indexA: [0, 0, 1, 1], indexB: [0, 0, 2, 2], a: 21, b: 22 });
  });
  it.each(['left', 'right'] as const)('a decoder with %s padding has the bits of the sequence alone', async (pad) => {
    const model = randomDecoder({ seed: 3, layers: 2, width: 8, heads: 2, vocabulary: 11, positions: 8 });
    const run = async (source: string, tokens: number[][]): Promise<Trace> => {
      const specOf = parsePolicy('bf16').specFor;
      const taps = await allTaps(model, tokens, new CpuArithmetic('x', specOf), { side: pad, token: 0 });
      const recorded = [...taps].map(([name, { shape, data }]): [string, RecordedTap] => [
        name,
        { shape, format: formats.bf16, values: Float64Array.from(data) },
      ]);
      return memoryTrace(source, { producer: 'ulpwise', tokens }, new Map(recorded));
    };
    const short = [3, 1, 4];
    const diff = await diffTraces(await run('alone', [short]), await run('padded', [[1, 5, 9, 2, 6, 5], short]), {
      pad,
    });
    // Ascending sums: leading zeros and trailing zeros change nothing.
    expect(diff.firstDifference).toBe(null);
    expect(diff.taps).toHaveLength(model.config.layers * 14 + 3);
    expect(diff.pairs).toMatchObject([{ a: 0, b: 1 }]);
  });
});
