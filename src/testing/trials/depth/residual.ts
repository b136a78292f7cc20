/** Trials of single residual blocks and of their additions. */
import { type BinaryFormat, parseFormat, round } from '../../../formats/index.ts';
import type { DD } from '../../../softfloat/double-double.ts';
import { arithmeticInputs, scalarsOfCase } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import { drawArithmetic, drawLength, drawRow } from '../../rows.ts';
import type { Observation, Trial, TrialCase } from '../../trial.ts';
import { LEAST, minus, norm2, orthogonal, plus, times, UNCERTAINTY, type Vector, vectorOf } from './vectors.ts';

const real = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;

/** Functions of one number with slopes of at most 1 and φ(0) = 0. */
const slopes: readonly ((x: DD) => DD)[] = [
  (x) => x,
  ({ hi, lo }) => (hi > 0 ? { hi, lo } : { hi: 0, lo: 0 }),
  ({ hi, lo }) => (hi < 0 ? { hi: -hi, lo: -lo } : { hi, lo }),
  ({ hi, lo }) => (Math.abs(hi) < 1 ? { hi, lo } : { hi: Math.sign(hi), lo: 0 }),
];

/** f(x) = ρ·H·φ(x), H a permutation with signs. */
function drawBlock(random: Random, format: BinaryFormat, most: number): TrialCase {
  const length = random.integer(1, 8);
  const [turn, signs, slope] = [random.integer(0, length - 1), random.integer(0, 255), random.integer(0, 3)];
  const scale = 2 ** -random.integer(0, 20);
  const dx = drawRow(random, format, length).map((x) => round(x * scale, format));
  const arrays = { x: drawRow(random, format, length), dx };
  return { ...real, format: format.name, arrays, scalars: { rho: random.uniform() * most, turn, signs, slope } };
}

/** ‖δx‖, ‖x‖, ‖δy‖ and ‖y‖. */
function norms({ arrays: { x, dx }, scalars: { rho, turn, signs, slope } }: TrialCase) {
  const f = (at: Vector): Vector => times(rho, orthogonal(at.map(slopes[slope]), turn, signs));
  const [from, change] = [vectorOf(x), vectorOf(dx)];
  const to = plus(from, change);
  const y = plus(from, f(from));
  return { x: norm2(from), dx: norm2(change), y: norm2(y), dy: norm2(plus(change, minus(f(to), f(from)))) };
}

function observation(rho: number, dx: number, dy: number): Observation | undefined {
  const finite = Number.isFinite(dx) && Number.isFinite(dy);
  return finite ? { inputs: { rho, dx }, observed: dy * (1 - UNCERTAINTY) } : undefined;
}

/** x = (1, 0), δx = (0, 1), f = diag(−ρ, ρ): x shrinks as much as the error grows. */
const worst: TrialCase = {
  ...{ ...real, format: 'fp16', arrays: { x: [1, 0], dx: [0, 1] } },
  scalars: { rho: 0.75, turn: 0, signs: 1, slope: 0 },
};

const residualAbs: Trial = {
  bound: 'residualAbs',
  draw: (random, format) => drawBlock(random, format, 4),
  observe(trial) {
    const { x, dx, dy } = norms(trial);
    return dx < LEAST * x ? undefined : observation(trial.scalars.rho, dx, dy);
  },
  sharp: { trial: worst, ratio: 1 - 2 ** -40 },
  outside: {},
};

const residualRel: Trial = {
  bound: 'residualRel',
  draw: (random, format) => drawBlock(random, format, 1),
  observe(trial) {
    const { x, y, dx, dy } = norms(trial);
    return dx < LEAST * x ? undefined : observation(trial.scalars.rho, dx / x, dy / y);
  },
  sharp: { trial: worst, ratio: 1 - 2 ** -40 },
  outside: { 'small-gain': { rho: 1, dx: 0.1 } },
};

const residAdds: Trial = {
  bound: 'residAdds',
  draw(random, format) {
    const width = random.integer(1, 6);
    const steps = drawLength(random);
    const arrays = { x: drawRow(random, format, width), f: drawRow(random, format, width * steps) };
    return { ...drawArithmetic(random, format), order: 'sequential', arrays, scalars: {} };
  },
  observe(trial) {
    const { x, f } = trial.arrays;
    const format = parseFormat(trial.format);
    const { subnormals } = trial;
    const flushes = (y: number): boolean => subnormals === 'flush' && y !== 0 && Math.abs(y) < format.smallestNormal;
    if (x.some(flushes) || f.some(flushes)) return undefined;
    const { add } = scalarsOfCase(trial);
    let [computed, exact] = [[...x], vectorOf(x)];
    const sizes: number[] = [];
    for (let from = 0; from < f.length; from += x.length) {
      const step = f.slice(from, from + x.length);
      computed = computed.map((y, i) => add(y, step[i]));
      exact = plus(exact, vectorOf(step));
      sizes.push(norm2(vectorOf(computed)));
      // The directed modes stop at the largest number.
      if (computed.some((y) => !(Math.abs(y) < format.largest))) return undefined;
    }
    const error = norm2(minus(vectorOf(computed), exact)) / sizes[sizes.length - 1];
    if (!Number.isFinite(error) || !sizes.every(Number.isFinite)) return undefined;
    const inputs = { ...arithmeticInputs(trial), norms: sizes, width: x.length };
    return { inputs, observed: error * (1 - UNCERTAINTY) };
  },
  sharp: {
    ratio: 1 - 2 ** -40,
    trial: { ...real, format: 'bf16', arrays: { x: [1], f: new Array<number>(4).fill(2 ** -8) }, scalars: {} },
  },
  outside: { nonzero: { norms: [1, 0], width: 4, format: 'bf16' } },
};

export const residualTrials: readonly Trial[] = [residualAbs, residualRel, residAdds];
