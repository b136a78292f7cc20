// A vitest test: on any two rows of bf16 numbers, in any order, an inner product is as good as dotGamma promises.
import fc from 'fast-check';
import { bounds, formats, reference, simulate } from 'ulpwise';
import { arbitraries, ulpwiseMatchers } from 'ulpwise/testing';
import { expect, test } from 'vitest';

expect.extend(ulpwiseMatchers);
const { order, tensor } = arbitraries(fc);

test('an inner product respects dotGamma', () => {
  const rows = tensor(formats.bf16, { shape: [2, 16] });
  fc.assert(
    fc.property(rows, order({ fma: true }), ({ data }, text) => {
      const inputs = { x: data.slice(0, 16), y: data.slice(16), format: 'bf16' };
      // Raw bits have all exponents: rows whose product overflows are outside the bound.
      fc.pre(bounds.get('dotGamma').evaluate(inputs).valid);
      const [a, b] = [
        { shape: [1, 16], data: inputs.x },
        { shape: [16, 1], data: inputs.y },
      ];
      const computed = simulate(`bf16; order=${text}`).matmul(a, b).data[0];
      const exact = reference('decimal:50').matmul(a, b).data[0];
      expect({ inputs, observed: Math.abs(computed - exact) }).toRespect('dotGamma');
    }),
  );
});
