/** Random and structured rows of numbers of a format: what makes norms, sums and activations go wrong. */

import { SoftfloatArithmetic } from '../arithmetic/softfloat.ts';
import { type BinaryFormat, nextUp, parseFormat, type RoundingMode, round } from '../formats/index.ts';
import type { DD } from '../softfloat/double-double.ts';
import { parseOrder, uniformSpec } from '../tensor/index.ts';
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
const otherModes: readonly RoundingMode[] = ['nearest-away', 'toward-zero', 'down', 'up', 'odd'];

/** How a case computes: mostly to nearest even, keeping subnormals, one after the other. */
export function drawArithmetic(
  random: Random,
  { name }: BinaryFormat,
): Pick<TrialCase, 'format' | 'mode' | 'subnormals' | 'order'> {
  return {
    format: name,
    mode: random.uniform() < 0.7 ? 'nearest-even' : random.pick(otherModes),
    subnormals: random.uniform() < 0.85 ? 'keep' : 'flush',
    order: random.uniform() < 0.5 ? 'sequential' : random.pick(orders),
  };
}

const arithmetics = new Map<string, SoftfloatArithmetic>();

/** The interpreter that computes a case as the program would: every rounding in the case's format, mode and order. */
export function arithmeticOf({ format, mode, subnormals, order }: TrialCase): SoftfloatArithmetic {
  const key = `${format} ${mode} ${subnormals} ${order}`;
  let arithmetic = arithmetics.get(key);
  if (arithmetic === undefined) {
    const spec = { ...uniformSpec(parseFormat(format)), mode, subnormals, order: parseOrder(order) };
    arithmetic = new SoftfloatArithmetic(key, () => spec);
    arithmetics.set(key, arithmetic);
  }
  return arithmetic;
}

/** The inputs of a bound that say how a case computes. */
export const arithmeticInputs = ({ format, mode, subnormals }: TrialCase) => ({ format, mode, subnormals });

/** |computed − exact|; undefined where something is not finite. */
export function differences(computed: ArrayLike<number>, reference: ArrayLike<DD>): Float64Array | undefined {
  const errors = Float64Array.from(computed, (x, i) => Math.abs(x - reference[i].hi - reference[i].lo));
  return errors.every(Number.isFinite) ? errors : undefined;
}
