/** Oracle: one run over all columns at once. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { DoubleDoubleArithmetic } from '../../../src/arithmetic/double-double.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { InputError } from '../../../src/formats/index.ts';
import { batchOf } from '../../../src/model/program/batch.ts';
import { loadedDecoder } from '../../../src/model/program/forward.ts';
import { Generation } from '../../../src/model/program/generation.ts';
import { siteNames } from '../../../src/model/program/taps.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../../src/model/random/random-decoder.ts';
import { parsePolicy, rowLength, type Tensor } from '../../../src/tensor/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { allTaps } from '../../support/run-program.ts';

const base = { layers: 2, width: 12, heads: 6, vocabulary: 19, positions: 12 };
const sequences = [
  [1, 5, 9, 2, 18, 0, 3, 7, 7],
  [4, 4, 8, 11],
];
const pad = { side: 'left', token: 3 } as const;
const { tokens, length, spans } = batchOf(sequences, pad);
const starts = spans.map(({ start }) => start);

const decoders: [string, RandomDecoderOptions][] = [
  ['GPT-2 style', {}],
  ['LLaMA style', { norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', kvHeads: 2 }],
  ['post-norm, relu', { normPlacement: 'post', activation: 'relu', initialisation: 'normal' }],
];

/** The taps of a run in pieces of so many columns, each next to the tap of the same columns in one run. */
async function compared(options: RandomDecoderOptions, pieces: readonly number[], make: (m: unknown) => unknown) {
  const model = randomDecoder({ ...base, ...options });
  const whole = await allTaps(model, sequences, make(model) as Arithmetic<unknown>, pad);
  const A = make(model) as Arithmetic<unknown>;
  const generation = new Generation(await loadedDecoder(model), A, { capacity: length, starts });
  const result: { tap: string; piece: Tensor; whole: Tensor }[] = [];
  let first = 0;
  for (const count of pieces) {
    const taps: [string, unknown][] = [];
    const rows = tokens.map((row) => row.slice(first, first + count));
    generation.feed(rows, (tap, value) => {
      taps.push([tap, value]);
      return undefined;
    });
    for (const [tap, value] of taps) {
      const piece = (await A.lower(value)) as Tensor;
      result.push({ tap, piece, whole: columnsOf(whole.get(tap) as Tensor, first, count) });
    }
    first += count;
  }
  return result;
}

/** Some columns of a tap: its last axis but one. */
function columnsOf({ shape, data }: Tensor, first: number, count: number): Tensor {
  const [width, columns] = [rowLength(shape), shape[shape.length - 2]];
  const part = data.filter((_, i) => {
    const column = Math.floor(i / width) % columns;
    return column >= first && column < first + count;
  });
  return { shape: [...shape.slice(0, -2), count, width], data: part };
}

const softfloat = (policy: string, Interpreter: typeof SoftfloatArithmetic) => (model: unknown) => {
  const { specFor } = parsePolicy(policy, siteNames((model as ReturnType<typeof randomDecoder>).config));
  return new Interpreter(policy, specFor);
};
const oneByOne = new Array<number>(length).fill(1);

describe('generation from a key-value cache has the bits of one run over all columns', () => {
  const orders = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'splitk(2)', 'kahan'];
  const policies = [
    ...orders.map((order) => `fp16; order=${order}`),
    ...['bf16; fma=on', 'e4m3; subnormals=flush', 'autocast(bf16)', 'fp32; mode=down', 'fp64', 'decimal:8'],
    'bf16; kernels=splitk(3)/splitk(3)/splitk(3)',
  ];
  for (const [name, options] of decoders) {
    it.each(policies)(`${name}: %s`, async (policy) => {
      for (const pieces of [[5, 1, 2, 1], oneByOne]) {
        for (const { tap, piece, whole } of await compared(options, pieces, softfloat(policy, CpuArithmetic))) {
          expect(piece.shape, tap).toEqual(whole.shape);
          expect(firstDifference(piece.data, whole.data), tap).toBe(-1);
        }
      }
    });
  }
  it('in scalars and in double-double', async () => {
    const [, options] = decoders[1];
    for (const make of [softfloat('bf16; order=pairwise', SoftfloatArithmetic), () => new DoubleDoubleArithmetic()]) {
      for (const { tap, piece, whole } of await compared(options, [5, 1, 2, 1], make)) {
        expect(firstDifference(piece.data, whole.data), tap).toBe(-1);
      }
    }
  });
});

describe('kernels by shape', () => {
  const policy = 'bf16; kernels=lanes(4)/splitk/sequential';
  it('make generation differ from one run, alike in kernels and scalars', async () => {
    const [, options] = decoders[1];
    const fast = await compared(options, [5, 1, 2, 1], softfloat(policy, CpuArithmetic));
    const slow = await compared(options, [5, 1, 2, 1], softfloat(policy, SoftfloatArithmetic));
    expect(fast.some(({ piece, whole }) => firstDifference(piece.data, whole.data) >= 0)).toBe(true);
    slow.forEach(({ tap, piece }, i) => {
      expect(firstDifference(piece.data, fast[i].piece.data), tap).toBe(-1);
    });
  });
});

describe('what a cache has no room for', () => {
  it.each([
    ['too many tokens', [[1, 2, 3, 4]], /at most 3 in all, the capacity of the key-value cache, got 4/],
    ['unequal sequences', [[1], [1, 2]], /expected equally many, .* got \[1, 2\]; pad on the left/],
    ['nothing', [[]], /at least one/],
  ])('%s is refused', async (_, rows, message) => {
    const model = await loadedDecoder(randomDecoder(base));
    const A = softfloat('bf16', CpuArithmetic)(randomDecoder(base)) as Arithmetic<unknown>;
    const feed = () => new Generation(model, A, { capacity: 3, starts: rows.map(() => 0) }).feed(rows);
    expect(feed).toThrow(InputError);
    expect(feed).toThrow(message);
  });
});
