import { describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import { normalNumbers } from '../../src/model/random/normal.ts';
import {
  causalMask,
  kernelsText,
  orderOfProduct,
  orderText,
  parseKernels,
  parsePolicy,
  parseSpec,
  sequential,
  sizeOf,
  specText,
  type Tensor,
} from '../../src/tensor/index.ts';
import { firstDifference } from '../support/bits.ts';

describe('kernels by shape', () => {
  const orderOf = (m: number, n: number, k: number, kernels = 'shaped') =>
    orderText(orderOfProduct({ kernels: parseKernels(kernels), order: sequential }, { m, n, k }));

  it('a row takes lanes, few tiles of many terms are split, others are blocked', () => {
    expect(orderOf(1, 768, 768)).toBe('lanes(32)');
    // 6 tiles: 108/6 = 18 chunks fit, and 768/32 = 24.
    expect(orderOf(2, 768, 768)).toBe('splitk(18)');
    expect(orderOf(32, 64, 64)).toBe('splitk(2)');
    expect(orderOf(33, 64, 64)).toBe('blocked(16)');
    // 48 tiles: twice fits, as 3 chunks of 256 would.
    expect(orderOf(1024, 768, 768)).toBe('splitk(2)');
    expect(orderOf(8 * 1024, 768, 768)).toBe('blocked(16)');
    expect(orderOf(18, 32_000, 4096)).toBe('blocked(16)');
  });
  it('other orders may be given, and invariant is the order itself', () => {
    const text = 'pairwise/splitk(3)/kahan';
    expect([orderOf(1, 8, 64, text), orderOf(2, 8, 64, text), orderOf(2, 8, 63, text)]).toEqual([
      ...['pairwise', 'splitk(3)', 'kahan'],
    ]);
    expect(orderOf(1, 8, 64, 'invariant')).toBe('sequential');
  });
  it('their text is read back', () => {
    expect(kernelsText(parseKernels('shaped'))).toBe('lanes(32)/splitk/blocked(16)');
    for (const text of ['invariant', 'lanes(32)/splitk/blocked(16)', 'pairwise/splitk(2)/reversed']) {
      expect(kernelsText(parseKernels(text))).toBe(text);
      const spec = parseSpec(`bf16; kernels=${text}`);
      expect(parseSpec(specText(spec))).toEqual(spec);
    }
  });
  it.each([
    ['fastest', /expected invariant, shaped or .* got 'fastest'/],
    ['splitk/splitk/blocked(2)', /order: expected .* got 'splitk'/],
    ['a/b/c/d', /kernels: expected/],
  ])('%s is refused', (text, message) => {
    expect(() => parseKernels(text)).toThrow(message);
  });
  it('fma is refused where one of the kernels has none', () => {
    const of = (kernels: string) => () => parsePolicy(`bf16; fma=on, kernels=${kernels}`, ['layers.0.query']);
    expect(of('shaped')).not.toThrow();
    expect(of('lanes(2)/kahan/blocked(4)')).toThrow(/layers.0.query: fma has no kahan order/);
  });
});

// Oracle: the same product under the order that the rule names, on the other interpreter.
describe('a product in shaped kernels is that in the order of its shape', () => {
  const shapes = [
    [1, 5, 70],
    [3, 5, 70],
    [40, 5, 70],
  ] as const;
  const policies = ['bf16', 'fp16; fma=on', 'fp32; product=exact, accumulate=fp32', 'bf16; mode=stochastic, seed=3'];
  const numbers = (shape: number[], name: string): Tensor => ({
    shape,
    data: normalNumbers(sizeOf(shape), name, 1, 1),
  });
  const rule = { 1: 'lanes(32)', 3: 'splitk(2)', 40: 'blocked(16)' } as const;

  for (const [m, n, k] of shapes) {
    it.each(policies)(`${m} × ${n} × ${k}: %s`, (policy) => {
      const specOf = (items: string) => () => parseSpec(`${policy}; ${items}`);
      const fast = new CpuArithmetic('fast', specOf('kernels=shaped'));
      const slow = new SoftfloatArithmetic('slow', specOf('kernels=shaped'));
      const oracle = new SoftfloatArithmetic('oracle', specOf(`order=${rule[m]}`));
      const mask = causalMask([{ start: 2, end: k }], Math.max(m, k));
      const masked = { mask: { ...mask, queries: m, keys: k } };
      const results = [fast, slow, oracle].map((A) => {
        const [a, b] = [A.lift(numbers([1, 2, m, k], 'a')), A.lift(numbers([1, 2, k, n], 'b'))];
        const weight = numbers([n, k], 'w');
        return [
          A.matmul('matmul', a, b),
          A.matmul('matmul', a, b, masked),
          A.linear('linear', A.lift(numbers([m, k], 'x')), { weight, layout: 'out-in', bias: numbers([n], 'c') }),
        ].map((v) => A.lower(v).data);
      });
      results[2].forEach((expected, i) => {
        expect(firstDifference(expected, results[0][i]), `kernels, product ${i}`).toBe(-1);
        expect(firstDifference(expected, results[1][i]), `scalars, product ${i}`).toBe(-1);
      });
    });
  }
});
