import { describe, expect, it } from 'vitest';
import { compare, reference, simulate } from '../../src/analysis/operations.ts';
import { formats, InputError, round } from '../../src/formats/index.ts';

const a = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
const b = { shape: [3, 2], data: [7, 8, 9, 10, 11, 12] };

describe('operations on plain arrays', () => {
  it('multiply matrices', () => {
    expect(Array.from(reference('float64').matmul(a, b).data)).toEqual([58, 64, 139, 154]);
    expect(Array.from(simulate('bf16').matmul(a, b).data)).toEqual([58, 64, 139, 154]);
    const transposed = { shape: [2, 3], data: [7, 9, 11, 8, 10, 12] };
    expect(Array.from(simulate('fp16').matmul(a, transposed, { transposed: true }).data)).toEqual([58, 64, 139, 154]);
  });
  it('round every product and sum', () => {
    const tiny = 2 ** -9;
    const row = { shape: [1, 3], data: [1, tiny, tiny] };
    const ones = { shape: [3, 1], data: [1, 1, 1] };
    // In bf16 1 + 2^-9 is 1, twice; added to each other first they make 2^-8, a tie that goes to the even 1.
    expect(simulate('bf16').matmul(row, ones).data[0]).toBe(1);
    expect(simulate('bf16; order=reversed').matmul(row, ones).data[0]).toBe(1);
    expect(simulate('bf16; mode=nearest-away; order=reversed').matmul(row, ones).data[0]).toBe(1 + 2 ** -7);
    expect(simulate('bf16; accumulate=fp32').matmul(row, ones).data[0]).toBe(1);
    expect(simulate('bf16; accumulate=fp32, out=fp32').matmul(row, ones).data[0]).toBe(1 + 2 ** -8);
  });
  it('refuse an order that fma has not', () => {
    expect(() => simulate('bf16; fma=on, order=pairwise')).toThrow(InputError);
  });
  it('stagnate where theory says: 256 in bf16, 2048 in fp16', () => {
    const ones = (n: number) => ({ shape: [1, n], data: new Float32Array(n).fill(1) });
    const sum = (policy: string, n: number): number =>
      simulate(policy).matmul(ones(n), { ...ones(n), shape: [n, 1] }).data[0];
    expect(sum('bf16', 4096)).toBe(256);
    expect(sum('fp16', 4096)).toBe(2048);
    expect(sum('bf16; order=pairwise', 4096)).toBe(4096);
    expect(sum('bf16; order=kahan', 4096)).toBe(4096);
  });
  it('add a bias, separately or in the accumulator', () => {
    const x = { shape: [1, 1], data: [1] };
    const weight = { shape: [1, 1], data: [1 + 2 ** -7] };
    const bias = { shape: [1], data: [2 ** -8] };
    expect(reference('decimal:50').linear(x, weight, bias).data[0]).toBe(1 + 2 ** -7 + 2 ** -8);
    expect(simulate('bf16').linear(x, weight, bias).data[0]).toBe(1 + 2 ** -6);
    expect(simulate('bf16; bias=fused, accumulate=fp32, out=fp32').linear(x, weight, bias).data[0]).toBe(
      1 + 3 * 2 ** -8,
    );
  });
  it('normalise, activate and attend', () => {
    const x = { shape: [2, 4], data: [1, 2, 3, 4, -1, 0, 1, 100] };
    const gamma = { shape: [4], data: [1, 1, 1, 2] };
    const exact = reference('double-double');
    const close = reference('float64');
    const q = { shape: [4, 2], data: [1, 0, 0, 1, 1, 1, 2, -1] };
    for (const run of [
      (o: typeof exact) => o.softmax(x),
      (o: typeof exact) => o.layerNorm(x, gamma, gamma),
      (o: typeof exact) => o.layerNorm(x, gamma),
      (o: typeof exact) => o.rmsNorm(x, gamma, 1e-6),
      (o: typeof exact) => o.gelu(x),
      (o: typeof exact) => o.gelu(x, 'erf'),
      (o: typeof exact) => o.silu(x),
      (o: typeof exact) => o.attention(q, q, q, { causal: true }),
      (o: typeof exact) => o.attention(q, q, q),
    ]) {
      expect(compare(run(close), run(exact)).relFrobenius).toBeLessThan(2 ** -49);
      expect(compare(run(simulate('fp32')), run(exact)).relFrobenius).toBeLessThan(2 ** -20);
      expect(compare(run(simulate('bf16')), run(exact)).relFrobenius).toBeLessThan(2 ** -4);
    }
    expect(Array.from(close.softmax({ shape: [2], data: [0, 0] }).data)).toEqual([0.5, 0.5]);
    // The first query sees one key only.
    expect(Array.from(simulate('bf16').attention(q, q, q, { causal: true }).data.slice(0, 2))).toEqual([1, 0]);
  });
  it('compares arrays', () => {
    const computed = { shape: [1, 2], data: [1.5, 2] };
    expect(compare(computed, { shape: [1, 2], data: [1, 2] })).toMatchObject({
      relLinf: { max: 0.25 },
      relComponentwise: { max: 0.5 },
      absLinf: { max: 0.5 },
    });
    expect(() => compare(computed, { shape: [2, 1], data: [1, 2] })).toThrow(InputError);
  });
  it('refuses shapes that do not fit', () => {
    expect(() => simulate('bf16').matmul(a, a)).toThrow(InputError);
    expect(() => simulate('bf16').linear(a, b)).toThrow(/linear: expected a weight \[out, in\]/);
    expect(() => simulate('bf16').layerNorm(a, { shape: [2], data: [1, 1] })).toThrow(/shape \[3\]/);
    expect(() => simulate('bf16').softmax({ shape: [2, 2], data: [1] })).toThrow(/expected 4 numbers/);
    expect(() => simulate('bf16').attention(a, b, b, { causal: true })).toThrow(InputError);
  });
  it('take each policy as a model does', () => {
    const x = { shape: [1, 2], data: [1 + 2 ** -9, 1] };
    const ones = { shape: [2, 1], data: [1, 1] };
    // autocast: bf16 numbers, exact products, fp32 sums, and a result in bf16.
    expect(simulate('autocast(bf16)').matmul(x, ones).data[0]).toBe(2);
    expect(simulate('autocast(bf16)').softmax({ shape: [2], data: [0, 1] })).toEqual(
      simulate('fp32').softmax({ shape: [2], data: [0, 1] }),
    );
    expect(simulate('bf16; *.probs: fp32').softmax({ shape: [2], data: [0, 1] })).toEqual(
      simulate('fp32').softmax({ shape: [2], data: [0, 1] }),
    );
    expect(simulate('bf16; *_residual: fp32').matmul(x, ones)).toEqual(simulate('bf16').matmul(x, ones));
    expect(Object.keys(simulate('bf16').matmul(x, ones))).toEqual(['shape', 'data']);
    expect(() => simulate('bf16; *.prob: fp32')).toThrow(/matches a site/);
    expect(() => simulate({} as never)).toThrow(InputError);
  });
  it('refuse what is no number, no form, no epsilon', () => {
    const bf16 = simulate('bf16');
    expect(() => bf16.silu({ shape: [1], data: ['1'] as never })).toThrow(/data: expected numbers, got string 1/);
    expect(() => bf16.gelu(a, 'exact' as never)).toThrow(/gelu: expected tanh or erf/);
    expect(() => bf16.linear(a, b, undefined, 'in' as never)).toThrow(/linear: expected out-in or in-out/);
    expect(() => bf16.rmsNorm(a, { shape: [3], data: [1, 1, 1] }, Number.NaN)).toThrow(/finite epsilon/);
    expect(() => bf16.softmax({ shape: [2, 0], data: [] })).toThrow(/rows of at least one entry/);
    expect(() => bf16.silu({ shape: [-1], data: [] })).toThrow(/shape of integers/);
  });
  it('rounds inputs of a matmul and reads those of other operations as they are', () => {
    const x = { shape: [1, 1], data: [1 + 2 ** -20] };
    expect(simulate('bf16').matmul(x, { shape: [1, 1], data: [1] }).data[0]).toBe(1);
    const silu = simulate('bf16').silu({ shape: [1], data: [0.1] }).data[0];
    expect(silu).toBe(round(silu, formats.bf16));
  });
});
