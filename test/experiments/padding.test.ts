import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/experiments/experiment.ts';
import { paddingExperiment } from '../../src/experiments/padding/index.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { InputError } from '../../src/formats/index.ts';
import { context } from './small.ts';

async function rowsOf(...assignments: string[]): Promise<Row[]> {
  const parameters = parametersOf(paddingExperiment, assignments);
  const rows: Row[] = [];
  for (const cell of paddingExperiment.cells(parameters))
    rows.push(...(await paddingExperiment.run(parameters, cell, context)));
  return rows;
}
const differing = (rows: readonly Row[]): Row[] => rows.filter((row) => row.differing !== 0);

describe('padding', () => {
  it('invariant kernels give the same numbers on either side', async () => {
    const rows = await rowsOf('policies=fp32,autocast(bf16),fp16; order=pairwise', 'sides=right');
    expect(differing(rows)).toEqual([]);
    expect(differing(await rowsOf('policies=fp32,fp16; kernels=invariant', 'sides=left'))).toEqual([]);
    const [logits] = rows.filter(({ tap }) => tap === 'logits');
    expect(logits.lossPadded).toBe(logits.lossAlone);
  });

  it('kernels chosen by shape differ from the first product that is split', async () => {
    const rows = await rowsOf('policies=fp16; kernels=shaped', 'sides=right,left');
    for (const side of ['right', 'left']) {
      const of = rows.filter((row) => row.side === side);
      expect(of.map(({ place }) => place)).toEqual(of.map((_, i) => i));
      const [first] = differing(of);
      // 18 rows are few enough to split 64 terms, 50 are not; embedding and norm know no shape.
      expect(first.tap).toBe('layers.0.query');
      expect(first.at).toMatch(/^\[0, \d, \d+, \d\]$/);
      expect(first.alone).not.toBe(first.padded);
      const logits = of.at(-1) as Row;
      expect(logits.lossPadded).not.toBe(logits.lossAlone);
    }
    // Up to 32 rows both are split alike.
    expect(differing(await rowsOf('policies=fp16; kernels=shaped', 'padded=32', 'sides=right'))).toEqual([]);
  });

  it('8-bit layers see outliers in the padding', async () => {
    const rows = await rowsOf('policies=autocast(fp16); linear=int8(3); logits: linear=plain', 'sides=right');
    const read = rows.filter(({ outliersAlone }) => outliersAlone !== null);
    // Four taps a layer are read by 8-bit layers.
    expect(read.length).toBe(4 * 5);
    for (const row of read) expect(Number(row.outliersPadded)).toBeGreaterThanOrEqual(Number(row.outliersAlone));
    expect(read.some((row) => row.outliersPadded !== row.outliersAlone)).toBe(true);
    expect(differing(rows).length).toBeGreaterThan(0);
  });

  it.each([
    [['padded=4'], /padded: expected at least the 18 tokens of the sequence, got 4/],
    [['padToken=512'], /padToken: expected one of the 512 tokens of random\(seed 1\), got 512/],
    [[`checkpoint=${resolve('no-such-folder')}`], /no-such-folder/],
  ])('%s is refused', async (assignments, message) => {
    const run = rowsOf('policies=fp32', 'sides=right', ...assignments);
    await expect(run).rejects.toThrow(InputError);
    await expect(rowsOf('policies=fp32', 'sides=right', ...assignments)).rejects.toThrow(message);
  });
});
