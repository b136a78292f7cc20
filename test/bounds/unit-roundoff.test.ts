/** The lemmas on one rounding (theory/rounding.md), on all numbers of small formats. */
import { describe, expect, it } from 'vitest';
import { unitRoundoff } from '../../src/bounds/unit-roundoff.ts';
import { type BinaryFormat, decode, formats, nextUp, parseFormat, type RoundingMode } from '../../src/formats/index.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { stochasticScalars } from '../../src/softfloat/stochastic.ts';

const small = ['e4m3', 'e5m2', 'e3m2', 'e2m3', 'e2m1', 'e3m4'] as const;
const modes = ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd', 'stochastic'] as const;
const words = [0, 2 ** 31, 2 ** 32 - 1];
const kept = ['keep', 'flush'] as const;
const settings = small.flatMap((name) => modes.flatMap((mode) => kept.map((s) => [name, mode, s] as const)));

function operations(format: BinaryFormat, mode: RoundingMode | 'stochastic', subnormals: 'keep' | 'flush') {
  const context = { format, overflow: 'inf', subnormals } as const;
  if (mode === 'stochastic') return words.map((word) => stochasticScalars(context, () => word));
  return [scalarsOf({ ...context, mode })];
}

/** Every finite number of the format from 0 on. */
function numbers(format: BinaryFormat): number[] {
  const codes = Array.from({ length: 2 ** (format.width - 1) }, (_, bits) => decode(BigInt(bits), format));
  return codes.filter(Number.isFinite);
}

describe.each(settings)('one rounding to %s, %s, %s', (name, mode, subnormals) => {
  const format = parseFormat(name) as BinaryFormat;
  const { u, eta, etaSum, nearest } = unitRoundoff({ format, mode, subnormals });
  const all = numbers(format);

  it('R1: is off by u of the number and of the result, or by η', () => {
    let [largest, tiny] = [0, 0];
    for (const { fromNumber } of operations(format, mode, subnormals)) {
      for (const low of all.slice(0, -1)) {
        for (const share of [0, 2 ** -20, 0.3, 0.5 - 2 ** -20, 0.5, 0.5 + 2 ** -20, 0.99, 1 - 2 ** -20]) {
          for (const sign of [1, -1]) {
            const x = sign * (low + share * (nextUp(low, format) - low));
            const r = fromNumber(x);
            const error = Math.abs(r - x);
            const relative = u * Math.min(Math.abs(x), Math.abs(r));
            expect(error <= relative || error <= eta, `${x} gives ${r}`).toBe(true);
            if (nearest && error > eta) expect(error).toBeLessThanOrEqual((u / (1 + u)) * Math.abs(x));
            if (Math.abs(x) >= format.smallestNormal && x !== 0) largest = Math.max(largest, error / Math.abs(x));
            else tiny = Math.max(tiny, error);
          }
        }
      }
    }
    // Neither constant is too large: beside a power of two, and below the smallest normal number.
    expect(largest).toBeGreaterThan(0.98 * (u / (1 + u)));
    // (To nearest, what is flushed stays half a subnormal away from the smallest normal number.)
    const flushed = subnormals === 'flush' && nearest;
    expect(tiny).toBeGreaterThan(0.98 * (flushed ? eta - format.smallestSubnormal / 2 : eta));
  });
  it('R2 and R3: a sum of two numbers is off by u of it, or etaSum; to nearest by no more than either', () => {
    const operands = all.filter((x) => x === 0 || subnormals === 'keep' || x >= format.smallestNormal);
    let beyondR3 = false;
    for (const { add } of operations(format, mode, subnormals)) {
      for (const a of operands) {
        for (const b of operands.flatMap((x) => [x, -x])) {
          const [sum, exact] = [add(a, b), a + b];
          if (!Number.isFinite(sum) || Math.abs(exact) > format.largest) continue;
          const error = Math.abs(sum - exact);
          const relative = u * Math.min(Math.abs(exact), Math.abs(sum));
          if (!(error <= relative || error <= etaSum)) throw new Error(`${a} + ${b} gives ${sum}`);
          if (error <= Math.min(a, Math.abs(b))) continue;
          beyondR3 = true;
          if (nearest && error > etaSum) throw new Error(`${a} + ${b} gives ${sum}`);
        }
      }
    }
    // Where the range is wide enough.
    if (!nearest && ['e4m3', 'e5m2'].includes(name)) expect(beyondR3, 'R3 fails in the other modes').toBe(true);
  });
});

describe('decimal formats', () => {
  it('have room for the float64 roundings around the decimal one', () => {
    const format = parseFormat('decimal:4');
    expect(unitRoundoff({ format }).u).toBe(format.u + 2 ** -51);
    expect(unitRoundoff({ format, mode: 'up' }).u).toBe(2 * format.u + 2 ** -51);
  });
  it('and half a subnormal of fp64 is the smallest number that there is', () => {
    expect(unitRoundoff({ format: formats.fp64 }).eta).toBe(Number.MIN_VALUE);
  });
});
