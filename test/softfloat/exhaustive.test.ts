/**
 * The independent evaluations of `npm run exhaustive` (scripts/exhaustive): their bounds, and the scalar functions against
 * them, on a million new operands a run.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODES, placeOf, resultsOf, special } from '../../scripts/exhaustive/decimal.js';
import { ERROR, EVALUATE, float32Results } from '../../scripts/exhaustive/float32.js';
import { checkRounding, intervals } from '../../scripts/exhaustive/rounding.js';
import { Progress, tasksOf } from '../../scripts/exhaustive/tasks.js';
import { roundArray } from '../../src/backends/cpu/round-array.ts';
import { type BinaryFormat, decode, formats, nextDown, nextUp, round } from '../../src/formats/index.ts';
import type { RoundingContext } from '../../src/softfloat/context.ts';
import { roundNumber } from '../../src/softfloat/dyadic.ts';
import { evaluateFixed, fixedOf } from '../../src/softfloat/elementary/fixed-point.ts';
import { integerSqrt } from '../../src/softfloat/exact-arithmetic.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { type UnaryName, unaryNames } from '../../src/softfloat/scalars.ts';
import { HARDEST } from '../support/hard-fp32.ts';
import { context, generator } from './random.ts';

/** What a failure prints names the operand; the seed repeats the run. */
const NEW_SEED = Number(process.env.ULPWISE_SEED ?? Date.now() % 2 ** 32);
/** A million together: sin and cos take 40 µs for the six modes, log 8, the others 2 to 5. */
const OPERANDS: Readonly<Record<UnaryName, number>> = {
  ...{ exp: 200_000, tanh: 200_000, erf: 160_000, reciprocal: 150_000, rsqrt: 150_000 },
  ...{ log: 100_000, sin: 20_000, cos: 20_000 },
};

const float32 = new Float32Array(1);
const code32 = new Uint32Array(float32.buffer);

/** Raw bits, every second one with an exponent from 2^−14 to 2^7. */
function rawFloat32(next: () => number): number {
  const bits = next();
  code32[0] = bits & 1 ? bits : (bits & 0x807fffff) | ((113 + (next() % 22)) << 23);
  return float32[0];
}

/** The first operand whose results differ from the independent ones, in words. */
function disagreement(name: UnaryName, operands: Iterable<number>): string | undefined {
  const functions = MODES.map((mode) => scalarsOf(context(formats.fp32, mode))[name]);
  const expected = new Float64Array(6);
  for (const x of operands) {
    const known = special(name, x);
    if (known !== undefined) expected.fill(known);
    else float32Results(name, x, expected);
    for (let m = 0; m < 6; m++) {
      const y = functions[m](x);
      if (!Object.is(y, expected[m])) return `${name}(${x}) ${MODES[m]}: ${y}, not ${expected[m]}`;
    }
  }
  return undefined;
}

function* random(name: UnaryName, seed: number, count: number): Iterable<number> {
  const next = generator(seed);
  for (let i = 0; i < count; i++) {
    const x = rawFloat32(next);
    yield name === 'log' || name === 'rsqrt' ? Math.abs(x) : x;
  }
}

describe(`fp32 in every mode, ULPWISE_SEED=${NEW_SEED}`, () => {
  it.each(unaryNames.map((name, i) => [name, i] as const))('%s', (name, i) => {
    expect(disagreement(name, random(name, NEW_SEED + i, OPERANDS[name]))).toBeUndefined();
  });
});

describe('the hardest fp32 operands and their neighbours in every mode', () => {
  it.each(unaryNames)('%s', (name) => {
    const symmetric = !['exp', 'log', 'rsqrt'].includes(name);
    const operands = HARDEST[name].flatMap((x) => [
      nextDown(x, formats.fp32),
      x,
      nextUp(x, formats.fp32),
      ...(symmetric ? [-x] : []),
    ]);
    expect(disagreement(name, operands)).toBeUndefined();
  });
});

describe('the independent evaluations keep their bounds', () => {
  const BITS = 400;
  /** f(x)·2^400 by fixed point. */
  const exact = (name: UnaryName, x: number): bigint => {
    const [n, one] = [fixedOf(x, BITS), 1n << BigInt(BITS)];
    if (name === 'reciprocal') return (one * one) / n;
    if (name === 'rsqrt') return integerSqrt((one * one * one) / n);
    return evaluateFixed(name, x, BITS);
  };
  it.each(unaryNames)('%s', (name) => {
    const next = generator(91);
    for (let i = 0; i < 3000; i++) {
      float32[0] = (1 + next() / 2 ** 32) * 2 ** ((next() % 27) - 20) * (next() % 2 === 0 ? 1 : -1);
      const x = name === 'log' || name === 'rsqrt' ? Math.abs(float32[0]) : float32[0];
      if ((name === 'exp' && Math.abs(x) > 100) || (name === 'erf' && Math.abs(x) > 11)) continue;
      const y = EVALUATE[name](x);
      // What stands beside a number (error 0) is on its side of it, not near f(x).
      if (ERROR[0] === 0) continue;
      const difference = Math.abs(Number(fixedOf(y, BITS) - exact(name, x)));
      expect(difference / 2 ** BITS, `${name}(${x})`).toBeLessThanOrEqual(ERROR[0]);
    }
  });
});

describe('16-bit operands against decimal.js', () => {
  it.each(unaryNames)('%s: 120 codes of each format in every mode', (name) => {
    const next = generator(92);
    const expected = new Float64Array(6);
    for (const format of [formats.fp16, formats.bf16] as BinaryFormat[]) {
      const functions = MODES.map((mode) => scalarsOf(context(format, mode))[name]);
      for (let i = 0; i < 120; i++) {
        const x = decode(BigInt(next() % 65536), format);
        const known = special(name, x);
        if (known !== undefined) expected.fill(known);
        else resultsOf(placeOf(name, x, format), expected);
        expect(
          functions.map((f) => f(x)),
          `${name}(${x})`,
        ).toEqual([...expected]);
      }
    }
  });
});

describe('float32 to 16 bits', () => {
  const contexts = [formats.fp16, formats.bf16].flatMap((format) => MODES.map((mode) => context(format, mode)));
  const roundings = {
    definition: roundNumber,
    roundAll: (values: Float32Array, { format, mode }: RoundingContext, out: Float32Array) => {
      roundArray(values, format, { mode, out });
    },
    roundOne: (x: number, c: RoundingContext) => scalarsOf(c).fromNumber(x),
  };
  /** Around fp16's subnormals, largest number and 1; around zero, NaN and the ends. */
  const ranges = [
    ...[0, 0x33800000, 0x38800000, 0x3f800000, 0x47800000, 0x7f800000, 0x80000000, 0xb8800000, 0xff800000],
  ].map((code) => ({ from: Math.max(0, code - 40_000), to: code + 40_000, stride: 1 }));

  it('intervals have one result each, the next one another', () => {
    const resultOf = (code: number) => Math.floor(Math.sqrt(code % 2 ** 31));
    const list = [...intervals(2 ** 31 - 100_000, 2 ** 31 + 100_000, resultOf)];
    let next = 2 ** 31 - 100_000;
    for (const { start, end, result } of list) {
      expect(start).toBe(next);
      expect([resultOf(start), resultOf(end - 1)]).toEqual([result, result]);
      if (end < 2 ** 31 + 100_000) expect(resultOf(end)).not.toBe(result);
      next = end;
    }
    expect(next).toBe(2 ** 31 + 100_000);
    expect(list.some(({ start }) => start === 2 ** 31)).toBe(true);
  });
  it('the definition by intervals is `round`', () => {
    const next = generator(93);
    for (const range of ranges) {
      for (const c of contexts) {
        const resultOf = (code: number) => {
          code32[0] = code;
          return roundNumber(float32[0], c);
        };
        const list = [...intervals(range.from, range.to, resultOf)];
        for (let i = 0; i < 50; i++) {
          const code = range.from + (next() % (range.to - range.from));
          const { result } = list.find(({ start, end }) => start <= code && code < end)!;
          code32[0] = code;
          const y = round(float32[0], c.format, c.mode);
          if (!Object.is(y, result) && !(y === 0 && result === 0)) expect.fail(`${code} ${c.format.name} ${c.mode}`);
        }
      }
    }
  });
  it.each(ranges)('$from to $to: arrays and numbers', (range) => {
    const found = checkRounding(range, contexts, roundings);
    expect(found.examples).toEqual([]);
    expect(found.mismatches).toBe(0);
    expect(found.count).toBe(range.to - range.from);
  });
  it('a single wrong bit is noticed', () => {
    const range = { from: 0x3f000000, to: 0x3f200000, stride: 7 };
    expect(checkRounding(range, contexts, roundings)).toMatchObject({ mismatches: 0, count: 299594 });
    const wrong = (values: Float32Array, c: RoundingContext, out: Float32Array): void => {
      roundings.roundAll(values, c, out);
      if (c.mode === 'odd' && c.format.name === 'bf16') out[12345 % out.length] += 2 ** -24;
    };
    // Five blocks of 2^16 operands.
    expect(checkRounding(range, contexts, { ...roundings, roundAll: wrong })).toMatchObject({ mismatches: 5 });
    const wrongOne = (x: number, c: RoundingContext): number => roundings.roundOne(x, c) + (x === 0.5 ? 1 : 0);
    expect(checkRounding(range, contexts, { ...roundings, roundOne: wrongOne })).toMatchObject({ mismatches: 12 });
    const sign = (x: number, c: RoundingContext): number => Math.abs(roundings.roundOne(x, c));
    const zero = checkRounding({ from: 2 ** 31, to: 2 ** 31 + 1, stride: 1 }, contexts, {
      ...roundings,
      roundOne: sign,
    });
    expect(zero.mismatches).toBe(12);
    expect(zero.examples[0]).toEqual({
      ...{ code: 2 ** 31, format: 'fp16', mode: 'nearest-even', x: '-0', got: '0', expected: '-0' },
    });
  });
});

describe('a sweep', () => {
  it('goes on where it was stopped', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
    const [task] = tasksOf({ only: ['fp32'], functions: ['exp'], stride: 1009 });
    const first = new Progress(task, folder);
    const chunks = first.remaining();
    const nothing = { count: 7, undecided: 1, mismatches: 0, examples: [], seconds: 1 };
    for (const { from, to } of [chunks[0], chunks[2], chunks[1]]) first.add({ ...nothing, from, to });
    first.write();
    const second = new Progress(task, folder);
    expect(second.remaining()).toEqual(chunks.slice(3));
    expect(second.state).toMatchObject({ count: 21, undecided: 3, finished: [[0, chunks[2].to]] });
    expect(chunks.every(({ from }) => from % 1009 === 0)).toBe(true);
    expect(readdirSync(folder)).toEqual(['fp32-exp-stride1009.json']);
    rmSync(folder, { recursive: true });
  });
});
