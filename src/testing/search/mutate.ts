/** A case changed a little: what a climb towards larger errors tries next. */
import { type BinaryFormat, nextDown, nextUp, parseFormat, round } from '../../formats/index.ts';
import type { Random } from '../random.ts';
import type { TrialCase } from '../trial.ts';

type Change = (random: Random, format: BinaryFormat, numbers: number[], i: number) => void;

const steps = (random: Random): number => 2 ** random.integer(0, 4);

/** Numbers stay numbers of the format. */
const changes: readonly Change[] = [
  (random, format, numbers, i) => {
    for (let n = steps(random); n > 0; n--) numbers[i] = nextUp(numbers[i], format);
  },
  (random, format, numbers, i) => {
    for (let n = steps(random); n > 0; n--) numbers[i] = nextDown(numbers[i], format);
  },
  (random, format, numbers, i) => {
    numbers[i] = random.code(format);
  },
  (random, format, numbers, i) => {
    numbers[i] = round(numbers[i] * 2 ** random.integer(-2, 2), format);
  },
  (random, format, numbers, i) => {
    numbers[i] = round(numbers[i] * (1 + 0.5 * random.normal()), format);
  },
  (_, __, numbers, i) => {
    numbers[i] = -numbers[i];
  },
  (random, _, numbers, i) => {
    numbers[i] = random.pick(numbers);
  },
  (random, _, numbers, i) => {
    const j = random.integer(0, numbers.length - 1);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  },
  (_, __, numbers, i) => {
    numbers[i] = 0;
  },
];

/** One to three entries of the arrays changed, or the seed, too; infinities are put back to the largest number. */
export function mutate(random: Random, trialCase: TrialCase): TrialCase {
  const format = parseFormat(trialCase.format) as BinaryFormat;
  const arrays = Object.fromEntries(Object.entries(trialCase.arrays).map(([name, numbers]) => [name, [...numbers]]));
  const names = Object.keys(arrays).filter((name) => arrays[name].length > 0);
  if (names.length === 0) return trialCase;
  for (let n = random.integer(1, 3); n > 0; n--) {
    const numbers = arrays[random.pick(names)];
    const i = random.integer(0, numbers.length - 1);
    random.pick(changes)(random, format, numbers, i);
    if (!Number.isFinite(numbers[i])) numbers[i] = numbers[i] > 0 ? format.largest : -format.largest;
  }
  const reseeded = trialCase.mode === 'stochastic' && random.uniform() < 0.3;
  return { ...trialCase, arrays, ...(reseeded && { seed: random.word() }) };
}
