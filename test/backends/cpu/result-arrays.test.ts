import { describe, expect, it } from 'vitest';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { ResultArrays } from '../../../src/backends/cpu/result-arrays.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';

const LARGE = 2 ** 18;

describe('arrays for results', () => {
  it('are used again when they have been given back, for the same length and size', () => {
    const arrays = new ResultArrays();
    const first = arrays.take(LARGE, 4);
    expect(arrays.take(LARGE, 4)).not.toBe(first);
    arrays.giveBack(first);
    expect(arrays.take(LARGE, 8)).not.toBe(first);
    expect(arrays.take(LARGE + 1, 4)).not.toBe(first);
    expect(arrays.take(LARGE, 4)).toBe(first);
    expect(arrays.take(LARGE, 4)).not.toBe(first);
  });
  it('are taken back once, and only where they come from here', () => {
    const arrays = new ResultArrays();
    const [mine, theirs] = [new Float64Array(LARGE), arrays.take(LARGE, 8)];
    arrays.giveBack(mine);
    expect(arrays.take(LARGE, 8)).not.toBe(mine);
    arrays.giveBack(theirs);
    arrays.giveBack(theirs);
    expect(arrays.take(LARGE, 8)).toBe(theirs);
    expect(arrays.take(LARGE, 8)).not.toBe(theirs);
  });
});

describe('values that are released', () => {
  const cpu = new CpuArithmetic('float64', float64Specs, new KernelMemory());
  const numbers = (seed: number) => ({
    shape: [512, 512],
    data: Float64Array.from({ length: LARGE }, (_, i) => Math.sin(seed + i)),
  });
  const [a, b] = [numbers(1), numbers(2)];

  it('leave their storage to others, whose numbers are the same as in new storage', () => {
    const operations = [
      () => cpu.add('x', a, b),
      () => cpu.softmax('x', a),
      () => cpu.gelu('x', a, 'tanh'),
      () => cpu.matmul('x', a, b),
    ];
    for (const operation of operations) {
      const expected = operation();
      const old = cpu.multiply('x', a, b);
      (old.data as Float64Array).fill(Number.NaN);
      cpu.release([old], a);
      const result = operation();
      expect(result.data).toBe(old.data);
      expect(result).toEqual(expected);
    }
  });
  it('keep the storage that they share with what is kept', () => {
    const kept = cpu.add('x', a, b);
    cpu.release([cpu.reshape(kept, [LARGE])], kept);
    expect(cpu.add('x', a, a).data).not.toBe(kept.data);
  });
});
