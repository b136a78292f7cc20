/** What every trial owes the search: each mode that its bound covers, and the same observation every time. */
import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import { formats } from '../../src/formats/index.ts';
import { Random } from '../../src/testing/random.ts';
import type { Trial, TrialCase } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

const trialOf = (id: string): Trial => {
  const trial = trials.get(id);
  if (trial === undefined) throw new Error(`${id} has no trial`);
  return trial;
};
const drawn = (id: string): TrialCase[] =>
  Array.from({ length: 400 }, (_, i) => trialOf(id).draw(new Random(5, id, i), formats.bf16));

// orderDiff compares sums of the same rounded products, which two stochastic runs need not have.
const rounding = bounds.all.filter(
  ({ id, inputs }) => id !== 'orderDiff' && inputs.some(({ name }) => name === 'mode'),
);

describe.each(rounding.map(({ id }) => id))('the trial of %s', (id) => {
  it('rounds stochastically, too, with seeds of its own, and the same for the same seed', () => {
    const stochastic = drawn(id).filter(({ mode }) => mode === 'stochastic');
    expect(new Set(stochastic.map(({ seed }) => seed)).size).toBe(stochastic.length);
    expect(stochastic.length).toBeGreaterThan(5);
    let other = 0;
    for (const trialCase of stochastic) {
      const seen = trialOf(id).observe(trialCase);
      expect(trialOf(id).observe(trialCase)).toEqual(seen);
      const { seed = 0 } = trialCase;
      const again = trialOf(id).observe({ ...trialCase, seed: seed ^ 1 });
      if (JSON.stringify(again?.observed) !== JSON.stringify(seen?.observed)) other++;
    }
    expect(other, 'cases that another seed changes').toBeGreaterThan(0);
  });
});
