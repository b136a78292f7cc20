/** Fast against oracle on raw bits, results and flags: a fixed seed, and one that is new in every run. */
import { describe, expect, it } from 'vitest';
import { generator } from '../random.ts';
import { disagreement, randomCase, testedFormats } from './cases.ts';

/** What a failure prints is the whole case; the seed repeats the run up to it. */
const NEW_SEED = Number(process.env.ULPWISE_SEED ?? Date.now() % 2 ** 32);
/** All formats together. */
const NEW_SECONDS = 20;

describe('seed 754', () => {
  it.each(testedFormats.map((format) => [format.name, format] as const))('%s: 2000 cases', (_, format) => {
    const next = generator(754);
    for (let i = 0; i < 2000; i++) expect(disagreement(randomCase(next, format))).toBeUndefined();
  });
});

describe(`ULPWISE_SEED=${NEW_SEED}`, () => {
  it.each(testedFormats.map((format, index) => [format.name, format, index] as const))(
    '%s: as many cases as fit',
    (_, format, index) => {
      const next = generator(NEW_SEED + index);
      const end = Date.now() + (1000 * NEW_SECONDS) / testedFormats.length;
      let count = 0;
      do {
        for (let i = 0; i < 500; i++) {
          const failure = disagreement(randomCase(next, format));
          if (failure !== undefined) expect.fail(failure);
        }
        count += 500;
      } while (Date.now() < end);
      expect(count).toBeGreaterThan(0);
    },
  );
});
