/** Trials of the norms' rounding errors: the program's own norms, beside double-double. */
import type { Norm } from '../../../arithmetic/arithmetic.ts';
import { DoubleDoubleArithmetic } from '../../../arithmetic/double-double.ts';
import { type BinaryFormat, round } from '../../../formats/index.ts';
import { type Tensor, tensor } from '../../../tensor/index.ts';
import { arithmeticInputs, simulatorOf } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import { differences, drawArithmetic, drawLength, drawRow } from '../../rows.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { normsOutside } from './outside.ts';
import { sharpNorms } from './sharp.ts';

const exact = new DoubleDoubleArithmetic();

const row = (numbers: readonly number[]) => tensor([1, numbers.length], Float64Array.from(numbers));
const parameters = (numbers: readonly number[]) => tensor([numbers.length], Float64Array.from(numbers));

const epsilons = [1e-5, 1e-6, 1e-8, 1e-12, 0, 2 ** -10];

function drawEpsilon(random: Random, format: BinaryFormat): number {
  const kind = random.uniform();
  if (kind < 0.6) return random.pick(epsilons);
  // Of the size of the mean square, or where it is subnormal in the format.
  return kind < 0.8 ? random.uniform() : random.uniform() * format.smallestNormal;
}

/** Ones, numbers of the format, or numbers that are rounded on load. */
function drawParameters(random: Random, format: BinaryFormat, length: number): number[] {
  const kind = random.uniform();
  if (kind < 0.3) return new Array<number>(length).fill(1);
  if (kind < 0.6) return drawRow(random, format, length);
  return Array.from({ length }, () => random.normal() * 2 ** random.integer(-3, 3));
}

function draw(random: Random, format: BinaryFormat, names: readonly string[]): TrialCase {
  const length = drawLength(random);
  return {
    ...drawArithmetic(random, format),
    arrays: {
      x: drawRow(random, format, length),
      ...Object.fromEntries(names.map((name) => [name, drawParameters(random, format, length)])),
    },
    scalars: { epsilon: drawEpsilon(random, format) },
  };
}

const normOf = ({ gamma, beta }: TrialCase['arrays']): Norm => ({
  gamma: parameters(gamma),
  ...(beta !== undefined && { beta: parameters(beta) }),
});

const inputsOf = (trial: TrialCase) => ({
  ...arithmeticInputs(trial),
  ...trial.arrays,
  ...{ order: trial.order, epsilon: trial.scalars.epsilon },
});

const lnRound: Trial = {
  bound: 'lnRound',
  draw: (random, format) => draw(random, format, random.uniform() < 0.5 ? ['gamma', 'beta'] : ['gamma']),
  observe(trial) {
    const { epsilon } = trial.scalars;
    const [x, norm] = [row(trial.arrays.x), normOf(trial.arrays)];
    const arithmetic = simulatorOf(trial);
    const computed = arithmetic.layerNorm('norm', arithmetic.lift(x), norm, epsilon);
    const observed = differences(computed.data, exact.layerNorm('norm', exact.lift(x), norm, epsilon).data);
    return observed && { inputs: inputsOf(trial), observed };
  },
  sharp: sharpNorms.lnRound,
  outside: normsOutside({ gamma: true }),
};

const rmsRound: Trial = {
  bound: 'rmsRound',
  draw: (random, format) => draw(random, format, ['gamma']),
  observe(trial) {
    const { epsilon } = trial.scalars;
    const [x, norm] = [row(trial.arrays.x), normOf(trial.arrays)];
    const arithmetic = simulatorOf(trial);
    const computed = arithmetic.rmsNorm('norm', arithmetic.lift(x), norm, epsilon);
    const observed = differences(computed.data, exact.rmsNorm('norm', exact.lift(x), norm, epsilon).data);
    return observed && { inputs: inputsOf(trial), observed };
  },
  sharp: sharpNorms.rmsRound,
  outside: normsOutside({ gamma: true }),
};

const lnVar: Trial = {
  bound: 'lnVar',
  draw: (random, format) => draw(random, format, []),
  observe(trial) {
    const observed = rootError(trial);
    return observed === undefined ? undefined : { inputs: inputsOf(trial), observed };
  },
  sharp: sharpNorms.lnVar,
  outside: normsOutside({ gamma: false }),
};

interface Operations<V> {
  lift(x: Tensor): V;
  parameter(site: string, x: Tensor): V;
  multiply(site: string, x: V, y: V): V;
  divide(site: string, x: V, y: V): V;
  add(site: string, x: V, y: V): V;
  subtract(site: string, x: V, y: V): V;
  sqrt(site: string, x: V): V;
  rowSum(site: string, x: V): V;
}

function mean<V>(a: Operations<V>, x: V, length: number): V {
  return a.divide('norm', a.rowSum('norm', x), a.lift(parameters([length])));
}

function reciprocalRoot<V>(a: Operations<V>, { arrays, scalars }: TrialCase): V {
  const x = a.lift(row(arrays.x));
  const meanSquare = mean(a, a.multiply('norm', x, x), arrays.x.length);
  const shifted = a.add('norm', meanSquare, a.parameter('norm', parameters([scalars.epsilon])));
  return a.divide('norm', a.lift(parameters([1])), a.sqrt('norm', shifted));
}

/** |r̂/r − 1| of r = 1/√(v + ε), in the steps of the norm. */
function rootError(trial: TrialCase): number | undefined {
  const computed = reciprocalRoot(simulatorOf(trial), trial).data[0];
  const reference = reciprocalRoot(exact, trial).data[0];
  const error = Math.abs(computed - reference.hi - reference.lo) / reference.hi;
  return Number.isFinite(error) ? error : undefined;
}

const rhoLN: Trial = {
  bound: 'rhoLN',
  /** Rows whose mean is about 0, as they are once they are centred. */
  draw(random, format) {
    const drawn = draw(random, format, []);
    const { x } = drawn.arrays;
    const middle = x.reduce((sum, entry) => sum + entry / x.length, 0);
    const arrays = { x: x.map((entry) => round(entry - middle, format)) };
    return { ...drawn, arrays, scalars: { epsilon: drawn.scalars.epsilon || 1e-5 } };
  },
  observe(trial) {
    const observed = rootError(trial);
    if (observed === undefined || !trial.arrays.x.every(Number.isFinite)) return undefined;
    const { format, scalars, arrays } = trial;
    return { inputs: { format, x: arrays.x, epsilon: scalars.epsilon }, observed };
  },
  sharp: sharpNorms.lnVar,
  outside: { epsilon: { x: [1, 2], epsilon: 0, format: 'fp16' } },
};

const lnOutlier: Trial = {
  bound: 'lnOutlier',
  draw(random, format) {
    const length = Math.max(2, drawLength(random));
    const outlier = round(2 ** random.integer(-2, 10) * (1 + random.uniform()), format);
    const limit = (random.uniform() * Math.abs(outlier)) / (4 * length);
    const x = drawRow(random, format, length);
    const largest = x.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0) || 1;
    const small = x.map((entry) => round((entry / largest) * limit, format));
    small[random.integer(0, length - 1)] = random.pick([outlier, -outlier]);
    return {
      ...drawArithmetic(random, format),
      arrays: { x: small },
      scalars: { epsilon: drawEpsilon(random, format) },
    };
  },
  observe(trial) {
    const { x } = trial.arrays;
    const { epsilon } = trial.scalars;
    const norm = { gamma: parameters(new Array<number>(x.length).fill(1)) };
    const arithmetic = simulatorOf(trial);
    const computed = arithmetic.layerNorm('norm', arithmetic.lift(row(x)), norm, epsilon);
    const reference = exact.layerNorm('norm', exact.lift(row(x)), norm, epsilon).data;
    const errors = differences(computed.data, reference);
    const largest = x.reduce((k, entry, i) => (Math.abs(entry) > Math.abs(x[k]) ? i : k), 0);
    if (errors === undefined) return undefined;
    const observed = errors.reduce(
      (most, error, i) => (i === largest ? most : Math.max(most, error / Math.abs(reference[i].hi))),
      0,
    );
    return Number.isFinite(observed) ? { inputs: inputsOf(trial), observed } : undefined;
  },
  sharp: sharpNorms.lnOutlier,
  outside: {
    outlier: { x: [1, 2], epsilon: 0, format: 'fp16' },
    stored: { x: [0.1, 2], epsilon: 0, format: 'fp16' },
    tree: { x: [1, 16], epsilon: 0, format: 'fp16', order: 'kahan' },
    roots: { x: [0, 4], epsilon: 0, format: 'e2m1' },
    positive: { x: [0, 2 ** -20], epsilon: 0, format: 'fp16' },
    'no-overflow': { x: [0, 2000], epsilon: 0, format: 'fp16' },
  },
};

function onePass<V>(a: Operations<V>, { arrays: { x } }: TrialCase): V {
  const entries = a.lift(row(x));
  const meanSquare = mean(a, a.multiply('norm', entries, entries), x.length);
  const middle = mean(a, entries, x.length);
  return a.subtract('norm', meanSquare, a.multiply('norm', middle, middle));
}

/** The variance in two passes, which cancels less. */
function twoPass<V>(a: Operations<V>, { arrays: { x } }: TrialCase): V {
  const entries = a.lift(row(x));
  const centred = a.subtract('norm', entries, mean(a, entries, x.length));
  return mean(a, a.multiply('norm', centred, centred), x.length);
}

const onePassVar: Trial = {
  bound: 'onePassVar',
  draw: (random, format) => ({ ...draw(random, format, []), scalars: {} }),
  observe(trial) {
    const observed = differences(onePass(simulatorOf(trial), trial).data, twoPass(exact, trial).data);
    const { order, arrays } = trial;
    return observed && { inputs: { ...arithmeticInputs(trial), order, x: arrays.x }, observed: observed[0] };
  },
  sharp: sharpNorms.onePassVar,
  outside: {
    stored: { x: [0.1, 1], format: 'fp16' },
    tree: { x: [1, 2], format: 'fp16', order: 'kahan' },
    'no-overflow': { x: [2000, 2000], format: 'fp16' },
  },
};

export const normRoundingTrials: readonly Trial[] = [lnRound, rmsRound, lnVar, lnOutlier, onePassVar, rhoLN];
