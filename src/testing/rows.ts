/** Random and structured rows of numbers of a format: what makes norms, sums and activations go wrong. */

import { type BinaryFormat, nextUp, round } from '../formats/index.ts';
import type { DD } from '../softfloat/double-double.ts';
import { drawRounding, drawSubnormals } from './arithmetic.ts';
import type { Random } from './random.ts';
import type { TrialCase } from './trial.ts';

/** 1 to 70 entries, mostly few, now and then 300. */
export function drawLength(random: Random): number {
  const kind = random.uniform();
  return kind < 0.5 ? random.integer(1, 8) : kind < 0.97 ? random.integer(1, 70) : 300;
}

/** Any finite number of the format, its exponent within a third of the range, so that squares seldom leave it. */
function moderate(random: Random, format: BinaryFormat): number {
  const x = random.code(format);
  return x === 0 ? x : round(Math.sign(x) * Math.abs(x) ** (1 / 3), format);
}

type Make = (random: Random, format: BinaryFormat) => (i: number) => number;

const kinds: readonly Make[] = [
  (random) => () => random.normal(),
  // Raw bits.
  (random, format) => () => random.code(format),
  (random, format) => () => moderate(random, format),
  // Around a common value, which the deviations cancel.
  (random) => {
    const offset = 3 ** random.integer(0, 4);
    return () => offset + random.normal();
  },
  // A few units in the last place apart.
  (random, format) => {
    const base = round(1 + random.uniform(), format);
    return () => {
      let x = base;
      for (let n = random.integer(0, 3); n > 0; n--) x = nextUp(x, format);
      return x;
    };
  },
  // One huge entry among small ones.
  (random) => {
    const size = 2 ** random.integer(4, 12);
    return (i) => (i === 0 ? size * (1 + random.uniform()) : random.normal());
  },
  // Pairs that cancel.
  (random) => {
    let last = 0;
    return (i) => {
      last = i % 2 === 0 ? random.normal() * 2 ** random.integer(-4, 4) : -last;
      return last;
    };
  },
  // One number and a sum that stagnates.
  (random, format) => (i) => (i === 0 ? 1 : format.u * (0.5 + random.uniform())),
  // All equal, all positive, all of a few bits.
  (random) => {
    const x = random.normal();
    return () => x;
  },
  (random) => () => random.uniform(),
  (random) => () => random.integer(-3, 3),
  // So small that squares underflow.
  (random, format) => {
    const scale = Math.sqrt(format.smallestNormal) * 2 ** random.integer(-3, 3);
    return () => random.normal() * scale;
  },
  (random, format) => () => random.normal() * format.smallestNormal * 4,
];

/** `length` finite numbers of the format. */
export function drawRow(random: Random, format: BinaryFormat, length: number): number[] {
  const at = random.pick(kinds)(random, format);
  return Array.from({ length }, (_, i) => {
    const x = round(at(i), format);
    return Number.isFinite(x) ? x : Math.sign(x) * format.largest;
  });
}

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(8)', 'lanes(4)', 'splitk(3)'];
/** How a case computes: mostly to nearest even, keeping subnormals, one after the other. */
export function drawArithmetic(random: Random, { name }: BinaryFormat): Omit<TrialCase, 'arrays' | 'scalars'> {
  return {
    format: name,
    ...drawRounding(random),
    subnormals: drawSubnormals(random),
    order: random.uniform() < 0.5 ? 'sequential' : random.pick(orders),
  };
}

/** |computed − exact|; undefined where something is not finite. */
export function differences(computed: ArrayLike<number>, reference: ArrayLike<DD>): Float64Array | undefined {
  const errors = Float64Array.from(computed, (x, i) => Math.abs(x - reference[i].hi - reference[i].lo));
  return errors.every(Number.isFinite) ? errors : undefined;
}
