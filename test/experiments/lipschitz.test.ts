import { describe, expect, it } from 'vitest';
import { float64Specs } from '../../src/arithmetic/softfloat.ts';
import { TangentArithmetic } from '../../src/arithmetic/tangent/tangent-arithmetic.ts';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import type { Matrix } from '../../src/bounds/inputs.ts';
import { rowSumNorm, timesTransposed, transposed } from '../../src/bounds/matrices.ts';
import type { Row } from '../../src/experiments/experiment.ts';
import { type AttentionWeights, drawWeights, sensitivities } from '../../src/experiments/lipschitz/attention.ts';
import { lipschitzExperiment as experiment } from '../../src/experiments/lipschitz/index.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { normalNumbers } from '../../src/model/random/normal.ts';
import { sqrtOfRatio } from '../../src/softfloat/real.ts';
import { causalMask, tensor } from '../../src/tensor/index.ts';
import { context } from './small.ts';

const matrixOf = (rows: number, columns: number, name: string): Matrix => ({
  ...{ rows, columns },
  data: Float64Array.from(normalNumbers(rows * columns, name, 1, 1)),
});

/** The same by derivatives along every direction, one after the other. */
function byTangents(x: Matrix, weights: AttentionWeights): Float64Array {
  const A = new TangentArithmetic(new CpuArithmetic('float64', float64Specs));
  const { rows: n, columns: width } = x;
  const { heads } = weights;
  const d = width / heads;
  const directions = n * width;
  const identity = Float64Array.from({ length: directions ** 2 }, (_, k) => (k % (directions + 1) === 0 ? 1 : 0));
  const stream = A.withTangents(
    A.base.lift(tensor([1, n, width], x.data)),
    A.base.lift(tensor([directions, 1, n, width], identity)),
  );
  const linear = ({ rows, columns, data }: Matrix) => ({
    weight: tensor([rows, columns], data),
    layout: 'out-in' as const,
  });
  const [q, k, v] = [weights.queryWeight, weights.keyWeight, weights.valueWeight].map((weight) =>
    A.permute(A.reshape(A.linear('projection', stream, linear(weight)), [1, n, heads, d]), [0, 2, 1, 3]),
  );
  const mask = causalMask([{ start: 0, end: n }], n);
  const scores = A.scores('scores', q, k, { shape: [], reals: [sqrtOfRatio(1n, BigInt(d))] }, mask);
  const perHead = A.matmul('context', A.softmax('probs', scores, mask), v, { mask });
  const context = A.reshape(A.permute(perHead, [0, 2, 1, 3]), [1, n, width]);
  const { tangents } = A.linear('out', context, linear(weights.outWeight));
  if (tangents === undefined) throw new Error('attention depends on its input');
  const { data } = A.base.lower(tangents);
  const sums = Float64Array.from({ length: directions }, (_, row) => {
    let sum = 0;
    for (let along = 0; along < directions; along++) sum += Math.abs(data[along * directions + row]);
    return sum;
  });
  return Float64Array.from({ length: n }, (_, t) => Math.max(...sums.subarray(t * width, (t + 1) * width)));
}

describe('lipschitz', () => {
  it.each([
    [1, 4, 2, 1],
    [5, 4, 1, 3],
    [7, 6, 3, 2],
  ])(
    'the closed form is the tangent interpreter’s derivative: %d tokens of width %d, %d heads, gain %d',
    (n, width, heads, gain) => {
      const x = matrixOf(n, width, `x ${n}`);
      const weights = drawWeights(width, heads, gain, 3);
      const [closed, derived] = [sensitivities(x, weights), byTangents(x, weights)];
      closed.forEach((found, t) => {
        // Some hundred roundings of float64, and cancellation of the softmax's derivative.
        expect(Math.abs(found - derived[t])).toBeLessThanOrEqual(2 ** -38 * derived[t]);
      });
    },
  );
  it('of one token it is ‖W_O W_v‖∞', () => {
    const weights = drawWeights(6, 1, 5, 2);
    const product = timesTransposed(weights.outWeight, transposed(weights.valueWeight));
    expect(sensitivities(matrixOf(1, 6, 'one'), weights)[0]).toBeCloseTo(rowSumNorm(product), 12);
  });
  it('the bound does not depend on the length and is never exceeded; the constant levels off', async () => {
    const parameters = parametersOf(experiment, ['lengths=4,32,128', 'samples=4', 'gains=1', 'width=8']);
    const rows: Row[] = [];
    for (const cell of experiment.cells(parameters)) rows.push(...(await experiment.run(parameters, cell, context)));
    for (const row of rows) expect(Number(row.observed)).toBeLessThanOrEqual(Number(row.bound));
    for (const sample of [0, 1, 2, 3]) {
      const found = rows.filter((row) => row.sample === sample).map(({ bound }) => Number(bound));
      // What the evaluation's own rounding adds grows with the tokens that are checked: below 2^12 numbers' 2^−52.
      expect(Math.max(...found) / Math.min(...found)).toBeLessThan(1 + 2 ** -40);
    }
    // A typical token: four times as many tokens change it by less than a third, while √4 would be 2.
    const table = experiment.tables(rows, parameters)[0].rows;
    for (const inputs of ['uniform', 'corners']) {
      const at = (length: number) => Number(table.find((row) => row.inputs === inputs && row.length === length)?.token);
      expect(at(128) / at(32)).toBeGreaterThan(0.75);
      expect(at(128) / at(32)).toBeLessThan(4 / 3);
    }
  });
});
