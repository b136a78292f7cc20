/** The sweep of array functions by cells (scripts/exhaustive/cells.js): it passes what is right and notices what is not. */
import { describe, expect, it } from 'vitest';
import { checkCells } from '../../scripts/exhaustive/cells.js';
import { evaluateCodes } from '../../src/backends/cpu/elementary-arrays.ts';
import { KernelMemory } from '../../src/backends/cpu/wasm.ts';
import { formats, type RoundingMode, round, roundingModes } from '../../src/formats/index.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import { type UnaryName, unaryNames } from '../../src/softfloat/scalars.ts';
import { context } from './random.ts';

const memory = new KernelMemory();

function kernels(name: UnaryName, change: (value: number, index: number) => number = (value) => value) {
  return {
    evaluate(_: UnaryName, first: number, count: number) {
      const undecided = new Set<number>();
      const values = memory.scope(() => {
        const out = memory.allocate(count * 8);
        evaluateCodes(memory, name, first, count, out, (index) => undecided.add(index));
        return memory.float64(out, count).map(change);
      });
      return { values, undecided };
    },
    narrow: (value: number, mode: string) => round(value, formats.fp32, mode as RoundingMode),
    scalars: roundingModes.map((mode) => scalarsOf(context(formats.fp32, mode))[name]),
  };
}

const ranges = [
  { from: 0, to: 300, stride: 1 },
  { from: 0x3f7fff00, to: 0x3f800800, stride: 1 },
  { from: 0x7f7fff80, to: 0x7f800080, stride: 1 },
  { from: 0xbf000000, to: 0xc3000000, stride: 60_013 },
];

describe.each(unaryNames)('%s', (name) => {
  it('passes', () => {
    for (const range of ranges) {
      const count = Math.ceil((range.to - range.from) / range.stride);
      expect(checkCells({ name, ...range }, kernels(name))).toMatchObject({ count, mismatches: 0, examples: [] });
    }
  });
  it('does not pass with one result in a neighbouring cell', () => {
    const range = { from: 0x3f7fff00, to: 0x3f7fff40, stride: 1 };
    const wrong = kernels(name, (value, i) => (i === 17 ? value * (1 + 2 ** -23) : value));
    const { mismatches, examples } = checkCells({ name, ...range }, wrong);
    expect(mismatches).toBeGreaterThanOrEqual(4);
    expect(examples[0]).toMatchObject({ code: 0x3f7fff11 });
  });
});
