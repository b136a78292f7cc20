/** Factors of inner products that are hard on a bound: random and structured ones, and the critical path of an order. */
import { sumInOrder } from '../../../arithmetic/sums.ts';
import { type BinaryFormat, nextUp, round } from '../../../formats/index.ts';
import { type Order, parseOrder } from '../../../tensor/index.ts';
import type { Random } from '../../random.ts';

export interface Factors {
  readonly x: number[];
  readonly y: number[];
}

/** Mostly few terms, sometimes some dozens, seldom hundreds. */
export function drawLength(random: Random): number {
  const share = random.uniform();
  if (share < 0.55) return random.integer(1, 8);
  return share < 0.97 ? random.integer(9, 70) : random.integer(100, 300);
}

const sign = (random: Random): number => (random.word() % 2 === 0 ? 1 : -1);

type Draw = (random: Random, format: BinaryFormat, order: Order, n: number) => Factors;

const each = (n: number, f: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => f(i));

const draws: readonly Draw[] = [
  /** Raw bits, products within range. */
  (random, format, _, n) => {
    const x = each(n, () => random.code(format));
    const y = x.map((xi) => {
      const yi = random.code(format);
      return Math.abs(xi * yi) * 4 * n <= format.largest ? yi : 0;
    });
    return { x, y };
  },
  (random, _, __, n) => ({ x: each(n, () => random.normal()), y: each(n, () => random.normal()) }),
  /** One sign, one binade: biased. */
  (random, _, __, n) => ({ x: each(n, () => 1 + random.uniform()), y: each(n, () => (1 + random.uniform()) / n) }),
  /** Cancellation: the second half undoes the first but for a few units in the last place. */
  (random, format, _, n) => {
    const [x, y] = [each(n, () => random.normal()), each(n, () => random.normal())];
    for (let i = 0; i < n >> 1; i++) {
      x[n - 1 - i] = -round(x[i], format);
      y[n - 1 - i] = random.uniform() < 0.5 ? y[i] : nextUp(round(y[i], format), format);
    }
    return { x, y };
  },
  /** One huge outlier. */
  (random, format, _, n) => {
    const [x, y] = [each(n, () => random.normal()), each(n, () => random.normal())];
    x[random.integer(0, n - 1)] = sign(random) * Math.min(2 ** random.integer(3, 12), format.largest / 64);
    return { x, y };
  },
  /** A sum that stagnates: terms around half a unit in the last place of the first. */
  (random, { u }, _, n) => ({
    x: each(n, (i) => (i === 0 ? 1 : sign(random))),
    y: each(n, (i) => (i === 0 ? 1 + random.uniform() : u * (0.5 + random.uniform()))),
  }),
  /** Products around the smallest subnormal number. */
  (random, format, _, n) => {
    const size = Math.sqrt(format.smallestSubnormal);
    const tiny = (): number => sign(random) * size * (1 + random.uniform()) * 2 ** random.integer(-2, 3);
    return { x: each(n, tiny), y: each(n, tiny) };
  },
  /** Nearly constant. */
  (random, { u }, _, n) => {
    const [a, b] = [random.normal(), random.normal() / n];
    const about = (c: number): number => c * (1 + 2 * u * random.integer(-2, 2));
    return { x: each(n, () => about(a)), y: each(n, () => about(b)) };
  },
  /** The critical path, a little off. */
  (random, format, order, n) => {
    const { x, y } = criticalPath(order, n, format.u);
    const off = (e: number): number => e * (1 + format.u * random.integer(-2, 2));
    const first = 1 + random.uniform();
    return {
      x: [first, ...x.slice(1).map(off)],
      y: [nextUp(round(1 / first, format), format), ...y.slice(1).map(off)],
    };
  },
  /** Mostly zeros. */
  (random, _, __, n) => ({
    x: each(n, () => (random.uniform() < 0.2 ? random.normal() : 0)),
    y: each(n, () => random.normal()),
  }),
];

/** n factors in the format: one of the structures above. */
export function drawFactors(
  random: Random,
  format: BinaryFormat,
  subnormals: 'keep' | 'flush',
  order: string,
): Factors {
  const { x, y } = random.pick(draws)(random, format, parseOrder(order), drawLength(random));
  const stored = (v: number): number => {
    const r = round(v, format);
    return Number.isFinite(r) && (subnormals === 'keep' || Math.abs(r) >= format.smallestNormal) ? r : 0;
  };
  return { x: x.map(stored), y: y.map(stored) };
}

/** The longest path of a sum: the term that it starts with, and one term of each sum that is added on the way. */
interface Path {
  readonly first: number;
  readonly joined: readonly number[];
}

/**
 * Terms that meet `roundings` roundings of relative size u in one direction: 1 + u, then u at each addition on the
 * longest path, 0 elsewhere, so that the sum stays 1 where ties go to even. The first product must be 1 + u = a·b.
 */
export function criticalPath(order: Order, n: number, u: number, [a, b]: readonly [number, number] = [1, 1]): Factors {
  const { first, joined } = sumInOrder<Path>(
    order.kind === 'kahan' ? { kind: 'sequential' } : order,
    n,
    {
      start: (k) => ({ first: k, joined: [] }),
      extend: (s, k) => ({ first: s.first, joined: [...s.joined, k] }),
    },
    {
      zero: { first: 0, joined: [] },
      add: (s, t) => {
        const [long, short] = s.joined.length >= t.joined.length ? [s, t] : [t, s];
        return { first: long.first, joined: [...long.joined, short.first] };
      },
      subtract: (s) => s,
      negate: (s) => s,
    },
  );
  const [x, y] = [new Array<number>(n).fill(0), new Array<number>(n).fill(0)];
  [x[first], y[first]] = [a, b];
  for (const k of joined) [x[k], y[k]] = [u, 1];
  return { x, y };
}

/** 1 + 2^−24 as a product of two float32 numbers. */
export const onePlusU32: readonly [number, number] = [97, 172961 * 2 ** -24];
