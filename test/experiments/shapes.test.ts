import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { streams } from '../../src/experiments/shapes/alone.ts';
import { blockOf, network, sitesOf, specsAmong } from '../../src/experiments/shapes/blocks.ts';
import { shapesExperiment } from '../../src/experiments/shapes/index.ts';
import { exponentOf } from '../../src/experiments/shapes/results.ts';
import { normalNumbers } from '../../src/model/random/normal.ts';
import { parsePolicy } from '../../src/tensor/index.ts';
import { firstDifference } from '../support/bits.ts';
import { context } from './small.ts';

async function rowsOf(...assignments: string[]): Promise<Row[]> {
  const parameters = parametersOf(shapesExperiment, assignments);
  const rows: Row[] = [];
  for (const cell of shapesExperiment.cells(parameters))
    rows.push(...(await shapesExperiment.run(parameters, cell, context)));
  return rows;
}
const few = [
  ...['layers=4', 'width=64', 'samples=3', 'batches=2,40', 'decoderLayers=2', 'decoderWidth=64', 'vocabulary=50'],
  ...['prompt=3', 'tokens=40'],
];

describe('shapes', () => {
  it.each([2, 40])('a token’s rows alone have the bits of those of a whole batch of %i', (rows) => {
    const width = 64;
    for (const residual of [true, false]) {
      const net = network(3, width, residual, 5);
      const policy = parsePolicy('bf16; kernels=shaped', sitesOf(net));
      const tokens = { shape: [rows, width], data: normalNumbers(rows * width, 'tokens', 5, 1) };
      // Oracle: all rows, their kernels chosen by the shape of each product.
      const A = new CpuArithmetic('whole', policy.specFor);
      let whole = A.lift(tokens);
      const first = { shape: [1, width], data: tokens.data.slice(0, width) };
      const simulated = streams(net, specsAmong(policy, rows, width), first);
      for (let layer = 0; layer < 3; layer++) {
        whole = blockOf(A, net, layer, whole);
        const row = A.lower(whole).data.slice(0, width);
        expect(firstDifference(simulated[layer + 1].data, row)).toBe(-1);
      }
    }
  });

  it('kernels chosen by shape make a difference, invariant ones none at all, in batches and in generation', async () => {
    const rows = await rowsOf(...few, 'policies=bf16; kernels=shaped,bf16,fp32,fp16; order=pairwise');
    for (const row of rows) {
      if (row.policy === 'bf16; kernels=shaped') {
        // Only where the residual stream is not yet another one may the first layer be spared.
        if (row.study === 'alone') expect(row.difference, JSON.stringify(row)).toBeGreaterThan(0);
      } else {
        expect(row).toMatchObject({ difference: 0, most: 0, flips: 0 });
      }
    }
    const generated = rows.filter(({ study, policy }) => study === 'generated' && policy === 'bf16; kernels=shaped');
    expect(generated.length).toBe(3);
    expect(generated.at(-1)?.difference).toBeGreaterThan(0);
  });

  it('accumulation in fp32 makes the difference smaller', async () => {
    const base = 'bf16; kernels=shaped';
    const rows = await rowsOf(...few, `policies=${base},${base}; product=exact; accumulate=fp32`);
    const last = (policy: string) =>
      rows.find((row) => row.policy === policy && row.layer === 4 && row.residual === 1 && row.rows === 40);
    expect(Number(last(`${base}; product=exact; accumulate=fp32`)?.difference)).toBeLessThan(
      Number(last(base)?.difference) / 2,
    );
  });

  it('finds the exponent of a power of the depth', () => {
    const grown = (a: number): Row[] =>
      [1, 2, 3, 4, 5].map((layer) => ({ layer, difference: layer === 1 ? 7 : 3 * layer ** a }));
    // The logarithms are known to some 2^−52, their quotient to a few times that.
    expect(Math.abs(Number(exponentOf(grown(0.5))) - 0.5)).toBeLessThan(2 ** -45);
    expect(Math.abs(Number(exponentOf(grown(1))) - 1)).toBeLessThan(2 ** -45);
    expect(exponentOf(grown(1).slice(0, 3))).toBeNull();
  });
});
