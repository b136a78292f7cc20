/** scalar.ts against exact.ts, bit for bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, type Format, formats, parseFormat } from '../../src/formats/index.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { rounderOf } from '../../src/softfloat/fast-round.ts';
import { type RoundingContext, scalarsOf } from '../../src/softfloat/scalar.ts';
import type { Scalars } from '../../src/softfloat/scalars.ts';
import { between, contexts, generator, operand, title } from './random.ts';

const NAMES = [
  ...Object.keys(formats),
  ...['e8m3', 'e4m10', 'e6m9', 'e2m1', 'e3m4', 'e8m22', 'e11m10', 'e5m30', 'e11m51', 'decimal:1', 'decimal:7'],
];
const ARITHMETIC = ['add', 'sub', 'mul', 'div', 'fma', 'sqrt', 'reciprocal', 'rsqrt', 'fromNumber'] as const;
const ELEMENTARY = ['exp', 'log', 'tanh', 'erf', 'sin', 'cos'] as const;

type Name = (typeof ARITHMETIC)[number] | (typeof ELEMENTARY)[number];

function apply(scalars: Scalars<number>, name: Name, x: number, y: number, z: number): number {
  return (scalars[name] as (x: number, y: number, z: number) => number)(x, y, z);
}

/** The first disagreement in words, or undefined. */
function disagreement(context: RoundingContext, names: readonly Name[], operands: [number, number, number]) {
  const [fast, exact] = [scalarsOf(context), exactScalarsOf(context)];
  for (const name of names) {
    const [got, expected] = [apply(fast, name, ...operands), apply(exact, name, ...operands)];
    if (!Object.is(got, expected))
      return `${name}(${operands.join(', ')}) in ${title(context)}: ${got}, not ${expected}`;
  }
  return undefined;
}

describe.each(NAMES)('%s', (name) => {
  const format = parseFormat(name);

  it('arithmetic on its own numbers, in every mode and option', () => {
    for (const [index, context] of contexts(format).entries()) {
      const next = generator(1000 + index);
      for (let i = 0; i < 110; i++) {
        const operands: [number, number, number] = [
          operand(next, format),
          operand(next, format),
          operand(next, format),
        ];
        expect(disagreement(context, ARITHMETIC, operands)).toBeUndefined();
      }
    }
  });

  it('arithmetic on numbers of wider formats, ties and their neighbours among them', () => {
    for (const [index, context] of contexts(format).entries()) {
      const next = generator(2000 + index);
      const wide = (): number => (next() % 2 === 0 ? between(next, format) : operand(next, formats.fp64));
      for (let i = 0; i < 45; i++) {
        expect(disagreement(context, ARITHMETIC, [wide(), wide(), wide()])).toBeUndefined();
        expect(
          disagreement(context, ARITHMETIC, [between(next, format), operand(next, format), wide()]),
        ).toBeUndefined();
      }
    }
  });

  it('elementary functions: double-double gives what fixed point gives', () => {
    for (const [index, context] of contexts(format).entries()) {
      const next = generator(3000 + index);
      for (let i = 0; i < 5; i++) {
        const x = i % 3 === 2 ? operand(next, formats.fp64) : operand(next, format);
        expect(disagreement(context, ELEMENTARY, [x, x, x])).toBeUndefined();
      }
    }
  });
});

/** Sums, products, quotients and fused results whose exact value is a tie, or a tie moved by far less than 2^−53. */
describe('constructed ties', () => {
  it.each(['fp32', 'bf16', 'fp16', 'e4m3'])('%s', (name) => {
    const format = parseFormat(name) as Exclude<Format, { kind: 'decimal' }>;
    const half = format.u;
    const tails = [0, 2 ** -70, -(2 ** -70), 2 ** -140, -(2 ** -140), 2 ** -1074];
    for (const context of contexts(format)) {
      for (const base of [
        1,
        1 + format.epsMach,
        -1,
        -1 - format.epsMach,
        format.smallestNormal,
        -format.smallestSubnormal,
      ]) {
        for (const tail of tails) {
          const tie = base + Math.sign(base) * half * (Math.abs(base) >= 1 ? 1 : format.smallestSubnormal);
          expect(disagreement(context, ['add', 'sub'], [tie, tail, 0])).toBeUndefined();
          expect(disagreement(context, ['fma'], [tie, 1, tail])).toBeUndefined();
          expect(disagreement(context, ['mul', 'div'], [tie, 1 + 2 ** -50, 0])).toBeUndefined();
          expect(disagreement(context, ['mul', 'div'], [tie, 1 - 2 ** -53, 0])).toBeUndefined();
          expect(disagreement(context, ['sqrt', 'rsqrt', 'reciprocal'], [tie * tie, 0, 0])).toBeUndefined();
        }
      }
    }
  });
});

describe.each(['e4m3', 'e5m2', 'e2m1', 'e3m2', 'e2m3'])('%s, all pairs', (name) => {
  const format = parseFormat(name) as Exclude<Format, { kind: 'decimal' }>;
  const all = Array.from({ length: 2 ** format.width }, (_, bits) => decode(BigInt(bits), format));
  const some = contexts(format).filter(({ mode, subnormals }) => subnormals === 'keep' || mode === 'nearest-even');
  it('+ × ÷', () => {
    const next = generator(17);
    for (const context of some) {
      const [fast, exact] = [scalarsOf(context), exactScalarsOf(context)];
      // Every pair in two contexts, 1 of 64 pairs in the others.
      const full = context.mode === 'nearest-even' && context.subnormals === 'keep' && context.overflow === 'inf';
      for (const x of all) {
        for (const y of all) {
          if (!full && next() % 64 !== 0) continue;
          const same =
            Object.is(fast.add(x, y), exact.add(x, y)) &&
            Object.is(fast.mul(x, y), exact.mul(x, y)) &&
            Object.is(fast.div(x, y), exact.div(x, y));
          if (!same) expect.fail(`${x}, ${y} in ${title(context)}`);
        }
      }
    }
  });
});

describe('the fast rounding of raw float64 bits', () => {
  it.each(NAMES)('%s', (name) => {
    const format = parseFormat(name);
    const bits = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    const pairs = contexts(format).map((context) => [
      rounderOf(context),
      exactScalarsOf(context).fromNumber,
      context,
    ]) as [(x: number) => number, (x: number) => number, RoundingContext][];
    fc.assert(
      fc.property(bits, fc.integer({ min: 0, max: pairs.length - 1 }), fc.boolean(), ([high, low], index, near) => {
        // Raw bits, or the same fraction with an exponent between 2^−24 and 2^8.
        const word = near ? ((high & 0x800fffff) | ((999 + ((high >>> 20) & 31)) << 20)) >>> 0 : high;
        const x = decode((BigInt(word) << 32n) | BigInt(low), formats.fp64);
        const [fast, exact, context] = pairs[index];
        expect(fast(x), title(context)).toBe(exact(x));
      }),
      { seed: 20240601, numRuns: 1500 },
    );
  });
});
