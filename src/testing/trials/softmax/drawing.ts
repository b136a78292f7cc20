/** Random cases that the trials of softmax and attention share. */
import { type BinaryFormat, round } from '../../../formats/index.ts';
import { drawRounding, drawSubnormals } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import type { TrialCase } from '../../trial.ts';

const orders = ['sequential', 'sequential', 'pairwise', 'reversed', 'blocked(4)', 'lanes(4)', 'splitk(3)'];

/** Format, mode, underflow and order of a case; most cases round to nearest even and keep subnormals. */
export function drawArithmetic(random: Random, format: BinaryFormat): Omit<TrialCase, 'arrays' | 'scalars'> {
  return {
    format: format.name,
    ...drawRounding(random),
    subnormals: drawSubnormals(random),
    order: random.pick(orders),
  };
}

/** The length of a row: short mostly. */
export function drawLength(random: Random): number {
  const kind = random.uniform();
  return kind < 0.7 ? random.integer(1, 8) : kind < 0.99 ? random.integer(9, 70) : 300;
}

/** The nearest number of the format to x; subnormals become 0 where they are flushed, and ±∞ the largest. */
export function stored(x: number, format: BinaryFormat, subnormals: 'keep' | 'flush'): number {
  const r = round(Math.max(-format.largest, Math.min(format.largest, x)), format);
  return subnormals === 'flush' && Math.abs(r) < format.smallestNormal ? 0 : r;
}

/** A row of n logits of the format: raw bits, spreads of all sizes, sinks, plateaus, near-constant rows, tiny ones. */
export function drawLogits(
  random: Random,
  format: BinaryFormat,
  n: number,
  subnormals: 'keep' | 'flush' = 'keep',
): number[] {
  const scale = random.pick([2 ** -10, 0.1, 1, 1, 4, 16, 100]);
  const centre = random.pick([0, 0, 1, -3, 10, 100]);
  const [gap, ulps] = [scale * 8 * random.uniform(), random.pick([1, 3, 1000])];
  const kinds: readonly (() => (i: number) => number)[] = [
    () => () => random.code(format),
    () => () => centre + scale * random.normal(),
    () => () => centre + scale * random.normal(),
    () => () => (centre || 1) * (1 + random.integer(-ulps, ulps) * format.epsMach),
    // A sink, with the others a gap below it or scattered.
    () => (i) => (i === 0 ? centre : centre - gap),
    () => (i) => (i === n - 1 ? centre + gap : centre + 0.1 * scale * random.normal()),
    // Short numbers near long ones: differences that are ties.
    () => (i) => (i % 2 === 0 ? random.integer(-8, 8) : random.integer(-64, 64) * (1 + format.epsMach)),
    () => () => random.integer(-9, 9) * format.smallestSubnormal,
    () => () => centre - 20 * scale * random.uniform() ** 4,
  ];
  const at = random.pick(kinds)();
  return Array.from({ length: n }, (_, i) => stored(at(i), format, subnormals));
}

/** The case with a plainer arithmetic. */
export function* plainer(trial: TrialCase): Generator<TrialCase> {
  if (trial.mode !== 'nearest-even') yield { ...trial, mode: 'nearest-even' };
  if (trial.subnormals === 'flush') yield { ...trial, subnormals: 'keep' };
  if (trial.order !== 'sequential') yield { ...trial, order: 'sequential' };
}

/** The case with fewer entries in its arrays, which are equally long: one half or one entry left out. */
export function* shorter(trial: TrialCase): Generator<TrialCase> {
  const [{ length }] = Object.values(trial.arrays);
  const without = (from: number, count: number): TrialCase => ({
    ...trial,
    arrays: Object.fromEntries(Object.entries(trial.arrays).map(([name, xs]) => [name, xs.toSpliced(from, count)])),
  });
  const half = Math.floor(length / 2);
  if (half > 1) yield without(0, half);
  if (half > 1) yield without(half, length - half);
  for (let i = 0; i < length && length > 1; i++) yield without(i, 1);
  yield* plainer(trial);
}
