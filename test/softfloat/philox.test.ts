import { describe, expect, it } from 'vitest';
import { fnv1a, keyOf, philox } from '../../src/softfloat/philox.ts';

type Words = [number, number, number, number];

/** The definition in BigInt: obvious, slow. */
function philoxByBigInt(counter: Words, key: [number, number]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

function philoxOf(counter: Words, key: [number, number]): number[] {
  const out = new Uint32Array(4);
  philox(counter, key, out);
  return [...out];
}

describe('philox', () => {
  // kat_vectors of Random123 1.14, lines "philox4x32 10".
  const ONES = 0xffffffff;
  it.each<[string, Words, [number, number], Words]>([
    ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    ['ones', [ONES, ONES, ONES, ONES], [ONES, ONES], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      'digits of π',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("gives Random123's answer for %s", (_, counter, key, expected) => {
    expect(philoxOf(counter, key)).toEqual(expected);
  });

  it('equals the definition in BigInt on 5000 counters and keys', () => {
    let words: number[] = [1, 2, 3, 4];
    for (let i = 0; i < 5000; i++) {
      const key: [number, number] = [words[3], words[0]];
      const next = philoxByBigInt(words as Words, key);
      expect(philoxOf(words as Words, key)).toEqual(next);
      words = next;
    }
  });
});

it('fnv1a gives the published hashes, of UTF-8', () => {
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c
  expect([fnv1a(''), fnv1a('a'), fnv1a('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  expect(fnv1a('é')).toBe(fnv1aOfBytes([0xc3, 0xa9]));
});

function fnv1aOfBytes(bytes: number[]): number {
  return Number(bytes.reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn, 0x811c9dc5n));
}

it('keyOf splits a seed into words', () => {
  expect(keyOf(1)).toEqual([1, 0]);
  expect(keyOf(2 ** 32 + 5)).toEqual([5, 1]);
  expect(keyOf(Number.MAX_SAFE_INTEGER)).toEqual([0xffffffff, 0x1fffff]);
});
