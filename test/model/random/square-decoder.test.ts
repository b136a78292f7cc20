import { describe, expect, it } from 'vitest';
import { productSingularValues } from '../../../src/bounds/spectra/singular-values.ts';
import { InputError } from '../../../src/formats/index.ts';
import { randomOrthogonal } from '../../../src/model/random/orthogonal.ts';
import { type SquareDecoderOptions, squareDecoder } from '../../../src/model/random/square-decoder.ts';

const OPTIONS: SquareDecoderOptions = {
  ...{ seed: 3, layers: 2, width: 20, norm: 'rmsNorm', normPlacement: 'pre' },
  ...{ queryKey: { kind: 'diagonal', spread: 4 }, value: 1, mlp: 0.5, input: 1 },
};

describe('random orthogonal matrices', () => {
  it('are orthogonal, and others under another seed or name', () => {
    const n = 20;
    const q = randomOrthogonal(n, 'a', 1);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = i === j ? -1 : 0;
        for (let k = 0; k < n; k++) sum += q[i * n + k] * q[j * n + k];
        // Orthogonalised twice: n products and sums, and the norm.
        expect(Math.abs(sum)).toBeLessThan((2 * n + 4) * 2 ** -53);
      }
    }
    expect(randomOrthogonal(n, 'a', 1)).toEqual(q);
    expect(randomOrthogonal(n, 'a', 2)).not.toEqual(q);
    expect(randomOrthogonal(n, 'b', 1)).not.toEqual(q);
  });
});

describe('square decoders', () => {
  it('have the singular values that are asked for', async () => {
    const identity = {
      rows: 20,
      columns: 20,
      data: Float64Array.from({ length: 400 }, (_, i) => (i % 21 === 0 ? 1 : 0)),
    };
    for (const condition of [1, 100, 10_000]) {
      const decoder = squareDecoder({ ...OPTIONS, queryKey: { kind: 'spectrum', largest: 3, condition } });
      for (const { weight } of Object.values(await decoder.layer(1))
        .flatMap((part) => ('weight' in part ? [part] : []))
        .slice(0, 2)) {
        const sigma = productSingularValues(identity, { rows: 20, columns: 20, data: Float64Array.from(weight.data) });
        for (const [i, value] of [...sigma].entries()) {
          // Entries are rounded to float32: a perturbation of at most 2^−24‖W‖_F, and ‖W‖_F ≤ 3√20.
          expect(Math.abs(value - 3 * condition ** (-i / 19))).toBeLessThan(3 * Math.sqrt(20) * 2 ** -24);
        }
      }
    }
  });
  it('scale the columns of W_k and W_q by numbers from 1/spread to spread, alone', async () => {
    const plain = squareDecoder({ ...OPTIONS, queryKey: { kind: 'diagonal', spread: 1 } });
    const scaled = squareDecoder(OPTIONS);
    const [a, b] = [await plain.layer(0), await scaled.layer(0)];
    const factors = Array.from({ length: 20 }, (_, j) => b.query.weight.data[j] / a.query.weight.data[j]);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.25 * (1 - 2 ** -22));
    expect(Math.max(...factors)).toBeLessThanOrEqual(4 * (1 + 2 ** -22));
    expect(new Set(factors.map((x) => x.toFixed(3))).size).toBeGreaterThan(15);
    for (let i = 0; i < 400; i++) {
      // Both quotients of two float32 roundings each.
      expect(Math.abs(b.query.weight.data[i] / a.query.weight.data[i] / factors[i % 20] - 1)).toBeLessThan(2 ** -21);
    }
    expect(b.value).toEqual(a.value);
    expect(b.key.weight.data).not.toEqual(b.query.weight.data);
  });
  it('refuse sizes that are none', () => {
    expect(() => squareDecoder({ ...OPTIONS, width: 0 })).toThrow(InputError);
    expect(() => squareDecoder({ ...OPTIONS, layers: 1.5 })).toThrow(/layers: expected an integer/);
  });
});
