import { describe, expect, it } from 'vitest';
import { bounds } from '../../../src/bounds/index.ts';
import { fallsShort, knownRatio } from '../../../src/testing/search/known-sharpness.ts';
import { trials } from '../../../src/testing/trials/index.ts';

const certain = bounds.all.filter(({ kind }) => kind === 'rigorous' || kind === 'first-order');

describe('how sharp bounds are known to be', () => {
  // catalogue.test.ts evaluates these cases.
  it.each(certain.map(({ id }) => id))(
    'the worst case of %s that theory/ names is no less than a third of it',
    (id) => {
      expect(fallsShort({ id, maxRatio: trials.get(id)?.sharp.ratio ?? 0 })).toBe(false);
    },
  );
  it('is a share of the bound, and of no bound without a guarantee', () => {
    for (const { id, kind } of bounds.all) {
      const known = knownRatio(id);
      if (kind === 'probabilistic' || kind === 'heuristic') expect(known, id).toBeNull();
      else if (known !== null) expect(known > 0 && known <= 1, id).toBe(true);
    }
    expect(certain.filter(({ id }) => knownRatio(id) === null).map(({ id }) => id)).toEqual([
      ...['mlpLip', 'gatedMlpLip', 'residAdds'],
    ]);
  });
  it('notices a search that finds little', () => {
    expect(fallsShort({ id: 'dotSeq', maxRatio: 0.3 })).toBe(true);
    expect(fallsShort({ id: 'dotSeq', maxRatio: null })).toBe(true);
    expect(fallsShort({ id: 'dotSeq', maxRatio: 0.34 })).toBe(false);
    expect(fallsShort({ id: 'riskA2', maxRatio: null })).toBe(false);
  });
});
