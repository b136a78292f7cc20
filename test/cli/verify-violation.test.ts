/** `ulpwise verify` where a bound is wrong: dotSeq is half of itself here. */
import { expect, it, vi } from 'vitest';
import type { Bound, BoundValue, Values } from '../../src/bounds/index.ts';
import { run } from '../support/run-cli.ts';

vi.mock('../../src/bounds/catalogue.ts', async (original) => {
  const { bounds } = await original<typeof import('../../src/bounds/catalogue.ts')>();
  const half = (values: Values): Values => (typeof values === 'number' ? values / 2 : values.map((x) => x / 2));
  const wrong = (bound: Bound): Bound => ({
    ...bound,
    evaluate(inputs): BoundValue {
      const result = bound.evaluate(inputs);
      if (!result.valid || result.guaranteed === undefined) return result;
      return { ...result, value: half(result.value), guaranteed: half(result.guaranteed) };
    },
  });
  const all = bounds.all.map((bound) => (bound.id === 'dotSeq' ? wrong(bound) : bound));
  const get = (id: string): Bound => all.find((bound) => bound.id === id) ?? bounds.get(id);
  return { bounds: { ...bounds, all, get } };
});

it('says which bound is exceeded, by which input, and exits with 1', async () => {
  const { code, out, err } = await run(['verify', 'dotSeq', 'dotPair', '--cases', '1000']);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toContain('- exceeded: dotSeq\n');
  const found = /^dotSeq is exceeded (\S+) times by\n(\{.*\})$/m.exec(out);
  expect(Number(found?.[1])).toBeGreaterThan(1);
  const { arrays } = JSON.parse(found?.[2] ?? '{}');
  expect(arrays.x.length).toBe(arrays.y.length);
  // Shrunk: half of nu|x||y| is exceeded by one product already.
  expect(arrays.x.length).toBe(1);
});
