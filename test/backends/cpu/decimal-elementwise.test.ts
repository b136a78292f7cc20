/** Arrays of decimal numbers, against the scalar interpreter, bit for bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { parsePolicy, type Tensor } from '../../../src/tensor/index.ts';

const numbers = (size: number) =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: -9, max: 9, noNaN: true }) },
      { weight: 1, arbitrary: fc.double() },
      { weight: 1, arbitrary: fc.constantFrom(0, -0, 1.5, 0.25) },
    ),
    { minLength: size, maxLength: size },
  );

describe.each([
  'decimal:3',
  'decimal:8',
  'decimal:8; order=pairwise',
  'decimal:5; mode=up',
  'decimal:5; overflow=saturate; subnormals=flush',
  'decimal:8; accumulate=fp32',
])('%s', (policy) => {
  it('has the bits of the scalar interpreter', () => {
    fc.assert(
      fc.property(numbers(12), numbers(4), numbers(3), (a, b, c) => {
        const specOf = parsePolicy(policy).specFor;
        const [fast, slow] = [new CpuArithmetic('fast', specOf), new SoftfloatArithmetic('slow', specOf)].map((A) => {
          const tensor = (shape: number[], data: number[]): Tensor => ({ shape, data: Float64Array.from(data) });
          const [x, row, column] = [tensor([3, 4], a), tensor([4], b), tensor([3, 1], c)].map((t) => A.lift(t));
          const ops = ['add', 'subtract', 'multiply', 'divide'] as const;
          return [
            ...ops.flatMap((op) => [A[op]('s', x, row), A[op]('s', column, x), A[op]('s', x, x)]),
            ...[A.sqrt('s', x), A.exp('s', x), A.rowSum('s', x), A.softmax('s', x)],
            ...[A.rmsNorm('s', x, { gamma: tensor([4], b) }, 1e-5)],
          ].map((v) => [...A.lower(v).data]);
        });
        expect(fast).toEqual(slow);
      }),
      { numRuns: 60 },
    );
  });
});
