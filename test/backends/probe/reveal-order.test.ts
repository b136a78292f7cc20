import { describe, expect, it } from 'vitest';
import { sumInOrder } from '../../../src/arithmetic/sums.ts';
import { choices } from '../../../src/backends/probe/query.ts';
import { revealOrder } from '../../../src/backends/probe/reveal-order.ts';
import { type PartialSum, sameTree, sumOf, termAt, treeOf } from '../../../src/backends/probe/tree.ts';
import { treeText } from '../../../src/backends/probe/tree-text.ts';
import { parseFormat, type RoundingMode } from '../../../src/formats/index.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import { orderText, parseOrder } from '../../../src/tensor/order.ts';

type Dot = (a: Float64Array, b: Float64Array) => number;

const naive: Dot = (a, b) => {
  let s = 0;
  for (let k = 0; k < a.length; k++) s += a[k] * b[k];
  return s;
};
const fromTheRight: Dot = (a, b) => a.map((x, k) => x * b[k]).reduceRight((s, x) => s + x, 0);
const halves = (t: Float64Array): number => {
  if (t.length === 1) return t[0];
  const left = 2 ** (31 - Math.clz32(t.length - 1));
  return halves(t.subarray(0, left)) + halves(t.subarray(left));
};
const pairwise: Dot = (a, b) => halves(a.map((x, k) => x * b[k]));
const fourLanes: Dot = (a, b) => {
  const s = [0, 0, 0, 0];
  for (let k = 0; k < a.length; k++) s[k % 4] += a[k] * b[k];
  return s[0] + s[1] + (s[2] + s[3]);
};
const float32: Dot = (a, b) => a.reduce((s, x, k) => Math.fround(s + Math.fround(x * b[k])), 0);
/** As Math.sumPrecise: the exact sum, rounded once. The terms are multiples of 2^-64. */
const exact = (a: Float64Array): number => {
  const total = a.reduce((s, x) => s + BigInt(x * 2 ** 64), 0n);
  return Number(total) / 2 ** 64;
};

describe('revealOrder on plain functions', () => {
  it.each([
    ['a loop', naive, 'sequential'],
    ['reduceRight', fromTheRight, 'reversed'],
    ['recursion', pairwise, 'pairwise'],
    ['four accumulators', fourLanes, 'lanes(4)'],
    ['a loop in float32', float32, 'sequential'],
    ['a sum without products', (a: Float64Array) => a.reduce((s, x) => s + x), 'sequential'],
  ] as const)('%s', (_, f, order) => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17, 33, 65, 100]) {
      const tree = revealOrder(f, n);
      expect(sameTree(tree, treeOf(parseOrder(order), n)), `${n}: ${treeText(tree)}`).toBe(true);
    }
  });
  it('needs far fewer calls than pairs', () => {
    for (const f of [naive, fromTheRight, pairwise, fourLanes]) {
      let calls = 0;
      const counted: Dot = (a, b) => {
        calls++;
        return f(a, b);
      };
      revealOrder(counted, 256);
      expect(calls).toBeLessThan((256 * 255) / 2 / 3);
    }
  });
  it('an exact sum is one addition', () => {
    for (const n of [5, 8, 33]) {
      const tree = revealOrder(exact, n, { large: 2 ** 300 });
      expect(tree).toMatchObject({ kind: 'sum', terms: n });
      expect(tree.kind === 'sum' && tree.children.length).toBe(n);
    }
  });
  it('does not mind what the function does with its arguments', () => {
    const inPlace: Dot = (a) => {
      for (let k = 1; k < a.length; k++) a[k] += a[k - 1];
      return a[a.length - 1];
    };
    expect(sameTree(revealOrder(inPlace, 20), treeOf({ kind: 'sequential' }, 20))).toBe(true);
  });
  it('a wider accumulator than the result', () => {
    const blocks: Dot = (a, b) => {
      let total = 0;
      for (let k = 0; k < a.length; k += 4)
        total = Math.fround(total + naive(a.subarray(k, k + 4), b.subarray(k, k + 4)));
      return total;
    };
    expect(treeText(revealOrder(blocks, 12))).toMatch(/^blocked\(4\) of 12 terms/);
    expect(treeText(revealOrder((a, b) => Math.fround(pairwise(a, b)), 12))).toMatch(/^pairwise/);
  });
});

/** One addition of several float32 as tensor cores do it: cut to the bits of the largest, added, rounded. */
function fusedAdd(values: readonly number[]): number {
  const largest = Math.max(...values.map(Math.abs));
  if (largest === 0) return 0;
  const last = 2 ** (Math.floor(Math.log2(largest)) - 23);
  return Math.fround(values.reduce((s, x) => s + Math.trunc(x / last) * last, 0));
}

describe('revealOrder on any tree', () => {
  const random = (seed: number, n: number, widest: number): PartialSum => {
    const next = choices(seed);
    const parts: PartialSum[] = Array.from({ length: n }, (_, k) => termAt(k));
    while (parts.length > 1) {
      const children = Array.from({ length: Math.min(parts.length, 2 + next(widest - 1)) }, () =>
        parts.splice(next(parts.length), 1).pop(),
      );
      parts.push(sumOf(children as PartialSum[]));
    }
    return parts[0];
  };
  const evaluate = (tree: PartialSum, a: Float64Array, add: (values: number[]) => number): number =>
    tree.kind === 'term' ? a[tree.first] : add(tree.children.map((child) => evaluate(child, a, add)));

  it('random additions of two', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const tree = random(seed, 2 + (seed % 40), 2);
      const add = seed % 2 ? ([x, y]: number[]) => x + y : ([x, y]: number[]) => Math.fround(x + y);
      const found = revealOrder((a) => evaluate(tree, a, add), tree.terms);
      expect(sameTree(found, tree), `seed ${seed}: ${treeText(found)}`).toBe(true);
    }
  });
  it('random additions of up to five', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const tree = random(seed, 2 + (seed % 40), 5);
      const found = revealOrder((a) => evaluate(tree, a, fusedAdd), tree.terms);
      expect(sameTree(found, tree), `seed ${seed}: ${treeText(found)} for ${treeText(tree)}`).toBe(true);
    }
  });
  it('an accumulator and blocks of four products in one addition', () => {
    const tensorCore: Dot = (a, b) => {
      let s = 0;
      for (let k = 0; k < a.length; k += 4) s = fusedAdd([s, ...[0, 1, 2, 3].map((i) => a[k + i] * b[k + i])]);
      return s;
    };
    expect(treeText(revealOrder(tensorCore, 12))).toBe(
      '12 terms: (((0 + 1 + 2 + 3) + 4 + 5 + 6 + 7) + 8 + 9 + 10 + 11)',
    );
  });
});

describe('revealOrder where there is no tree', () => {
  const kahan = (a: Float64Array): number => {
    let [s, c] = [0, 0];
    for (const x of a) {
      const y = x - c;
      const t = s + y;
      c = t - s - y;
      s = t;
    }
    return s;
  };
  const neumaier = (a: Float64Array): number => {
    let [s, c] = [0, 0];
    for (const x of a) {
      const t = s + x;
      c += Math.abs(s) >= Math.abs(x) ? s - t + x : x - t + s;
      s = t;
    }
    return s + c;
  };
  it.each([3, 4, 5, 8, 17, 64, 65])('compensated sums of %i', (n) => {
    expect(revealOrder(kahan, n)).toMatchObject({ kind: 'none', reason: /together/ });
    expect(revealOrder(neumaier, n)).toMatchObject({ kind: 'none', reason: /nothing vanishes/ });
    const order = parseOrder('kahan');
    for (const name of ['fp32', 'bf16', 'fp16', 'e4m3', 'e5m2']) {
      expect(revealOrder(inFormat(name, orderText(order)), n), name).toMatchObject({ kind: 'none' });
    }
  });
  it('a function that adds as it likes', () => {
    const next = choices(7);
    const shuffled: Dot = (a) => [...a].sort(() => next(3) - 1).reduce((s, x) => s + x, 0);
    for (const n of [3, 5, 8, 30]) {
      expect(revealOrder(shuffled, n)).toEqual({
        kind: 'none',
        reason: 'the same arguments gave different results',
      });
    }
  });
  it.each([3, 4, 5, 8, 17, 64])('stochastic rounding, sums of %i', (n) => {
    for (let seed = 1; seed <= 25; seed++) {
      // Reproducible: what is added at a place is always rounded alike, given the same numbers and the same call.
      const sum: Dot = (a) => {
        const next = choices(new Uint32Array(a.buffer).reduce((h, word) => mixed((h + word) | 0), seed));
        return a.reduce((s, x) => stochastic32(s + x, next(2 ** 30) / 2 ** 30));
      };
      expect(revealOrder(sum, n), `seed ${seed}`).toMatchObject({ kind: 'none' });
    }
  });
  it('the order depends on the numbers', () => {
    const bySize: Dot = (a) => [...a].sort((x, y) => Math.abs(x) - Math.abs(y)).reduce((s, x) => s + x, 0);
    for (const n of [3, 4, 8, 20]) expect(revealOrder(bySize, n), `${n}`).toMatchObject({ kind: 'none' });
  });
  it('no sum', () => {
    for (const f of [() => 1, () => Number.NaN, (a: Float64Array) => a[0], (a: Float64Array) => naive(a, a)]) {
      expect(revealOrder(f, 6)).toMatchObject({ kind: 'none', reason: /no magnitudes/ });
    }
  });
});

/** MurmurHash3's finaliser. */
function mixed(x: number): number {
  const y = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  const z = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

function stochastic32(x: number, r: number): number {
  const near = Math.fround(x);
  if (near === x || x === 0 || !Number.isFinite(near)) return near;
  const gap = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);
  const lower = Math.floor(x / gap) * gap;
  return r < (x - lower) / gap ? lower + gap : lower;
}

function inFormat(name: string, order: string, mode: RoundingMode = 'nearest-even'): Dot {
  const { add, sub, mul } = scalarsOf({ format: parseFormat(name), mode, overflow: 'inf', subnormals: 'keep' });
  return (a, b) =>
    sumInOrder(
      parseOrder(order),
      a.length,
      { start: (k) => mul(a[k], b[k]), extend: (s, k) => add(s, mul(a[k], b[k])) },
      { zero: 0, add, subtract: sub, negate: (x) => -x },
    );
}

describe('revealOrder in narrow formats', () => {
  const orders = ['sequential', 'reversed', 'pairwise', 'blocked(16)', 'lanes(8)', 'splitk(5)'];
  const expectOrder = (f: Dot, order: string, n: number, options = {}): void => {
    const tree = revealOrder(f, n, options);
    expect(sameTree(tree, treeOf(parseOrder(order), n)), `${order}, ${n}: ${treeText(tree)}`).toBe(true);
  };
  it('bf16 with more terms than it can count', () => {
    for (const order of ['sequential', 'lanes(8)']) expectOrder(inFormat('bf16', order), order, 512);
  });
  it.each(['e4m3', 'e5m2', 'e3m2', 'e2m3', 'e2m1', 'fp16', 'tf32', 'e5m7', 'decimal:5'])('%s', (name) => {
    for (const order of orders) expectOrder(inFormat(name, order), order, name.startsWith('e2') ? 24 : 64);
  });
  it.each(['nearest-away', 'toward-zero', 'down', 'up'] as const)('rounding %s', (mode) => {
    for (const order of orders) expectOrder(inFormat('fp16', order, mode), order, 33);
  });
  it('products in a wider format than their factors', () => {
    const { fromNumber } = scalarsOf({
      ...{ format: parseFormat('e4m3'), mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' },
    });
    const f: Dot = (a, b) => float32(a.map(fromNumber), b.map(fromNumber));
    expectOrder(f, 'sequential', 20, { split: true });
  });
  it('magnitudes can be given', () => {
    expectOrder(inFormat('fp16', 'lanes(8)'), 'lanes(8)', 40, { large: 2 ** 14, unit: 2 ** -10 });
    expect(() => revealOrder(naive, 4, { large: 3 })).toThrow(/large: expected a positive power of two, got 3/);
    expect(() => revealOrder(naive, 4, { large: 1 })).toThrow(/large: expected more than the unit/);
    expect(() => revealOrder(naive, 0)).toThrow(/expected n ≥ 1 terms, got 0/);
  });
});
