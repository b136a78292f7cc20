/** Trials of the norms' condition numbers: the Jacobian's own entries, summed up. */
import type { BinaryFormat } from '../../../formats/index.ts';
import { type DD, ddAdd, ddDiv, ddMul, ddSub } from '../../../softfloat/double-double.ts';
import type { Random } from '../../random.ts';
import { drawLength, drawRow } from '../../rows.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { sharpNorms } from './sharp.ts';

/** Above the relative error of the sums below, which is taken off what they give. */
const UNCERTAINTY = 2 ** -46;

const dd = (x: number): DD => ({ hi: x, lo: 0 });
const sumOf = (numbers: readonly DD[]): DD => numbers.reduce(ddAdd, dd(0));
const squareSum = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x * x, 0);

/** x − mean, each entry to about 2^−53 of itself. */
function centredOf(x: readonly number[]): number[] {
  const mean = ddDiv(sumOf(x.map(dd)), dd(x.length));
  return x.map((entry) => {
    const { hi, lo } = ddSub(dd(entry), mean);
    return hi + lo;
  });
}

const real = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;
const epsilons = [0, 1e-5, 1e-12, 1];

function draw(random: Random, format: BinaryFormat, names: readonly string[]): TrialCase {
  const length = drawLength(random);
  return {
    ...real,
    format: format.name,
    arrays: Object.fromEntries(['x', ...names].map((name) => [name, drawRow(random, format, length)])),
    scalars: { epsilon: random.pick(epsilons) },
  };
}

/** Σⱼ|δᵢⱼ − 1/D − cᵢcⱼ/(D(v + ε))|·sizeⱼ for each i: the rows of √(v + ε)·J, in absolute value, times the sizes. */
function jacobianTimes(x: readonly number[], epsilon: number, sizes: readonly number[]): number[] {
  const c = centredOf(x);
  const D = x.length;
  const total = squareSum(c) + D * epsilon;
  return c.map((deviation, i) => {
    let sum = 0;
    for (let j = 0; j < D; j++) sum += Math.abs((i === j ? 1 : 0) - 1 / D - (deviation * c[j]) / total) * sizes[j];
    return sum;
  });
}

const lnCondC: Trial = {
  bound: 'lnCondC',
  draw: (random, format) => draw(random, format, []),
  observe({ arrays: { x }, scalars: { epsilon } }) {
    const c = centredOf(x);
    const rows = jacobianTimes(x, epsilon, x.map(Math.abs));
    const observed = Float64Array.from(rows, (sum, i) => (sum / Math.abs(c[i])) * (1 - UNCERTAINTY));
    return observed.every(Number.isFinite) ? { inputs: { x, epsilon }, observed } : undefined;
  },
  sharp: sharpNorms.lnCondC,
  outside: { 'off-mean': { x: [1, 2, 3], epsilon: 0 } },
};

/** In a direction d: ‖Jd‖‖x‖/(‖d‖‖z‖). */
const lnCond2: Trial = {
  bound: 'lnCond2',
  draw: (random, format) => draw(random, format, ['d']),
  observe({ arrays: { x, d }, scalars: { epsilon = 0 } }) {
    const [c, direction] = [centredOf(x), centredOf(d)];
    const total = squareSum(c) + x.length * epsilon;
    const along = c.reduce((sum, deviation, i) => sum + deviation * direction[i], 0) / total;
    const image = direction.map((entry, i) => entry - c[i] * along);
    const gain = Math.sqrt(squareSum(image) / squareSum(d));
    const observed = gain * Math.sqrt(squareSum(x) / squareSum(c)) * (1 - UNCERTAINTY);
    return Number.isFinite(observed) ? { inputs: { x }, observed } : undefined;
  },
  sharp: sharpNorms.lnCond2,
  outside: { spread: { x: [1, 1, 1] } },
};

/** |1 − xᵢ²/s| + Σ_{j≠i} xⱼ²/s with s = Σx² + Dε. */
const rmsCondC: Trial = {
  bound: 'rmsCondC',
  draw: (random, format) => draw(random, format, []),
  observe({ arrays: { x }, scalars: { epsilon } }) {
    const squares = x.map((entry) => ddMul(dd(entry), dd(entry)));
    const shift = ddMul(dd(epsilon), dd(x.length));
    const total = ddAdd(sumOf(squares), shift);
    const observed = Float64Array.from(squares, (square) => {
      const rest = ddSub(total, square);
      const { hi } = ddDiv(ddAdd(rest, ddSub(rest, shift)), total);
      return Math.max(0, hi - 2 ** -90) * (1 - UNCERTAINTY);
    });
    return observed.every(Number.isFinite) ? { inputs: { x, epsilon }, observed } : undefined;
  },
  sharp: sharpNorms.rmsCondC,
  outside: { nonzero: { x: [0, 0], epsilon: 0 } },
};

const lnLipInf: Trial = {
  bound: 'lnLipInf',
  draw: (random, format) => draw(random, format, ['gamma']),
  observe({ arrays: { x, gamma }, scalars: { epsilon } }) {
    const root = Math.sqrt(squareSum(centredOf(x)) / x.length + epsilon);
    const rows = jacobianTimes(x, epsilon, new Array<number>(x.length).fill(1));
    const observed = Float64Array.from(rows, (sum, i) => ((Math.abs(gamma[i]) * sum) / root) * (1 - UNCERTAINTY));
    return observed.every(Number.isFinite) ? { inputs: { x, epsilon, gamma }, observed } : undefined;
  },
  sharp: sharpNorms.lnLipInf,
  outside: { spread: { x: [1, 1], gamma: [1, 1], epsilon: 0 } },
};

export const conditionTrials: readonly Trial[] = [lnCondC, lnCond2, rmsCondC, lnLipInf];
