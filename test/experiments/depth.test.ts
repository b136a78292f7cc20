import { describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { depthExperiment } from '../../src/experiments/depth/index.ts';
import { errorRecursion } from '../../src/experiments/depth/recursion.ts';
import { runStack } from '../../src/experiments/depth/stack.ts';
import { byDepth } from '../../src/experiments/depth/summaries.ts';
import { partOfLargest, runningMeans, tailIndex } from '../../src/experiments/depth/tail.ts';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { batchOf } from '../../src/model/program/batch.ts';
import { DecoderProgram } from '../../src/model/program/decoder.ts';
import { halfBlocks } from '../../src/model/program/taps.ts';
import { type SquareDecoderOptions, squareDecoder } from '../../src/model/random/square-decoder.ts';
import { parsePolicy } from '../../src/tensor/index.ts';
import { context } from './small.ts';

const OPTIONS: SquareDecoderOptions = {
  ...{ seed: 1, layers: 3, width: 6, norm: 'rmsNorm', normPlacement: 'pre' },
  ...{ queryKey: { kind: 'diagonal', spread: 4 }, value: 1, mlp: 0.6, input: 1 },
};
const tokens = Array.from({ length: OPTIONS.width }, (_, t) => t);

describe('a stack of decoders', () => {
  it.each(['fp16', 'fp32', 'decimal:6'])('has the bits of each by itself, one scalar at a time: %s', async (policy) => {
    for (const norm of ['rmsNorm', 'layerNorm'] as const) {
      const decoders = [1, 2, 3].map((seed) => squareDecoder({ ...OPTIONS, seed, norm }));
      const stacked: number[][] = [];
      await runStack(decoders, [policy], [1, 3], ({ computed }) => stacked.push([...computed[0]]));
      for (const [i, decoder] of decoders.entries()) {
        const program = new DecoderProgram(decoder.config, batchOf([tokens], { token: 0 }));
        const A = new SoftfloatArithmetic('scalar', parsePolicy(policy).specFor);
        let x = program.embed(A, await decoder.embedding(), () => undefined);
        const alone: number[][] = [];
        for (const half of halfBlocks(decoder.config)) {
          x = program.halfBlock(A, half, await decoder.layer(half.layer), x, () => undefined);
          if (half.kind === 'mlp') alone.push([...A.lower(x).data]);
        }
        const size = OPTIONS.width ** 2;
        expect(stacked[0].slice(i * size, (i + 1) * size)).toEqual(alone[0]);
        expect(stacked[1].slice(i * size, (i + 1) * size)).toEqual(alone[2]);
      }
    }
  });
});

describe('the bound by recursion', () => {
  it('is above the componentwise error, and grows like the product of the condition numbers', async () => {
    for (const seed of [1, 2, 3]) {
      const decoder = squareDecoder({ ...OPTIONS, seed });
      const points = await errorRecursion(decoder, tokens, 'decimal:10');
      const errors: number[] = [];
      await runStack([decoder], ['decimal:10'], [1, 2, 3], ({ exact, computed }) => {
        errors.push(Math.max(...Array.from(exact, (x, k) => Math.abs((computed[0][k] - x) / x))));
      });
      for (const [i, { bound, conditions }] of points.entries()) {
        expect(Math.log10(errors[i])).toBeLessThan(bound);
        // e ≥ ΠK·e₀, and some entry of the input is off by at least a hundredth of u when it is rounded.
        expect(bound).toBeGreaterThan(conditions + Math.log10(5e-10 / 100));
        if (i > 0) expect(conditions).toBeGreaterThan(points[i - 1].conditions);
      }
    }
  });
});

describe('tails', () => {
  // Quantiles of P(X > t) = t^−α.
  const pareto = (alpha: number, n: number) =>
    Float64Array.from({ length: n }, (_, i) => ((i + 0.5) / n) ** (-1 / alpha));
  it.each([0.7, 1, 3])('of exponent %d are known by it', (alpha) => {
    expect(tailIndex(pareto(alpha, 100_000), 2000)).toBeCloseTo(alpha, 1);
  });
  it('are unknown where there is nothing to see', () => {
    expect(tailIndex([1, 1, 1, 1], 2)).toBeNull();
    expect(tailIndex([1, 2], 2)).toBeNull();
    expect(tailIndex([1, 2, Number.POSITIVE_INFINITY], 1)).toBeNull();
  });
  it('running means and the part of the largest, by hand', () => {
    expect(runningMeans([1, 3, 5, 7], [1, 2, 4])).toEqual([1, 2, 4]);
    expect(partOfLargest([1, 1, 1, 97], 0.25)).toBe(0.97);
  });
});

describe('depth', () => {
  it('the median of the largest relative error is below a third of its mean, and both grow', async () => {
    const parameters = parametersOf(depthExperiment, [
      ...['samples=60', 'depths=1,20,40', 'formats=decimal:8,fp32', 'prescribed=0', 'bounded=0', 'stack=60'],
    ]);
    const rows: Row[] = [];
    for (const cell of depthExperiment.cells(parameters)) {
      rows.push(...(await depthExperiment.run(parameters, cell, context)));
    }
    const summary = byDepth(rows);
    expect(summary).toHaveLength(6);
    // Of a tail 1/t alone a mean of 60 is 2 to 4 medians; deeper down samples differ by orders of magnitude besides.
    for (const row of summary) {
      if (row.layer !== 1) expect(Number(row.median), JSON.stringify(row)).toBeLessThan(Number(row.mean) / 3);
    }
    for (const format of ['decimal:8', 'fp32']) {
      const [first, , last] = summary.filter((row) => row.format === format);
      expect(Number(last.median)).toBeGreaterThan(30 * Number(first.median));
      expect(Number(last.mean)).toBeGreaterThan(30 * Number(first.mean));
    }
  });
  it('how many are computed together changes nothing', async () => {
    const found: Row[][] = [];
    for (const stack of [2, 5]) {
      const parameters = parametersOf(depthExperiment, [
        ...['samples=5', 'depths=2', 'formats=fp16', 'prescribed=0', 'bounded=0', 'width=5', `stack=${stack}`],
      ]);
      const rows: Row[] = [];
      for (const cell of depthExperiment.cells(parameters)) {
        rows.push(...(await depthExperiment.run(parameters, cell, context)));
      }
      found.push(rows);
    }
    expect(found[0]).toHaveLength(5);
    expect(found[0]).toEqual(found[1]);
  });
});
