import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/experiments/experiment.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';
import { plantedBugsExperiment } from '../../src/experiments/planted-bugs/index.ts';
import { context } from './small.ts';

describe('planted-bugs', () => {
  it.each([
    ['fp32', 'LLaMA'],
    ['autocast(bf16)', 'post-norm relu'],
    ['bf16; product=exact, accumulate=fp32', 'GPT-2'],
  ])(
    '%s, %s: what is above 10 bounds, or an ulp where no order matters, is named, and nothing honest',
    async (policy, decoder) => {
      const assignments = ['samples=2', 'tokens=6', `decoders=${decoder}`];
      const set = { ...parametersOf(plantedBugsExperiment, assignments), policies: [policy] };
      const rows: Row[] = [];
      for (const cell of plantedBugsExperiment.cells(set))
        rows.push(...(await plantedBugsExperiment.run(set, cell, context)));
      const planted = rows.filter((row) => row.kind === 'planted' && Number(row.size) > 0);
      const large = planted.filter((row) => Number(row.size) > 10);
      expect(large.length).toBeGreaterThan(5);
      // All of the few here; the full run says which share of many.
      expect(large.filter((row) => row.right !== 1)).toEqual([]);
      expect(planted.filter((row) => row.name === 'one ulp' && row.size !== Number.POSITIVE_INFINITY)).toEqual([]);
      const honest = rows.filter((row) => row.kind === 'honest');
      expect(honest).toHaveLength(22);
      expect(honest.filter((row) => row.right !== 1)).toEqual([]);
      // What was not changed lies within its bound in runs with a defect, too.
      for (const row of [...honest, ...planted]) expect(Number(row.nearest)).toBeLessThanOrEqual(1 + 2 ** -30);
    },
  );
});
