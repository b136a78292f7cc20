/** Trials of activations and rotary embedding: the program's own, beside double-double. */
import { DoubleDoubleArithmetic } from '../../arithmetic/double-double.ts';
import type { BinaryFormat } from '../../formats/index.ts';
import { doubleDouble } from '../../softfloat/double-double.ts';
import { type RotaryReals, rotaryReals } from '../../softfloat/real.ts';
import { tensor } from '../../tensor/index.ts';
import { arithmeticInputs, simulatorOf } from '../arithmetic.ts';
import type { Random } from '../random.ts';
import { differences, drawArithmetic, drawRow } from '../rows.ts';
import type { Trial, TrialCase } from '../trial.ts';

const exact = new DoubleDoubleArithmetic();
const plain = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;

/** Few entries, most of them where an activation bends. */
function drawEntries(random: Random, format: BinaryFormat): TrialCase {
  const arithmetic = { ...drawArithmetic(random, format), order: 'sequential' };
  return { ...arithmetic, arrays: { x: drawRow(random, format, random.integer(1, 8)) }, scalars: {} };
}

type Activation = 'geluAbs' | 'geluErfAbs' | 'siluAbs';

const activations: Readonly<Record<Activation, <V>(a: Activations<V>, x: V) => V>> = {
  geluAbs: (a, x) => a.gelu('act', x, 'tanh'),
  geluErfAbs: (a, x) => a.gelu('act', x, 'erf'),
  siluAbs: (a, x) => a.silu('act', x),
};
interface Activations<V> {
  gelu(site: string, x: V, form: 'tanh' | 'erf'): V;
  silu(site: string, x: V): V;
}

function activationTrial(bound: Activation, sharp: Trial['sharp'], outside: Trial['outside']): Trial {
  const activation = activations[bound];
  return {
    bound,
    draw: drawEntries,
    observe(trial) {
      const x = tensor([trial.arrays.x.length], Float64Array.from(trial.arrays.x));
      const arithmetic = simulatorOf(trial);
      const computed = activation(arithmetic, arithmetic.lift(x));
      const observed = differences(computed.data, activation(exact, exact.lift(x)).data);
      return observed && { inputs: { ...arithmeticInputs(trial), x: trial.arrays.x }, observed };
    },
    sharp,
    outside,
  };
}

const sharpAt = (ratio: number, format: string, x: number): Trial['sharp'] => ({
  ratio,
  trial: { ...plain, format, arrays: { x: [x] }, scalars: {} },
});

const angles = new Map<string, readonly RotaryReals[]>();

/** The tables of a head of width d at a position. */
function anglesOf({ d, position, theta }: Readonly<Record<string, number>>): readonly RotaryReals[] {
  const key = `${d} ${position} ${theta}`;
  let reals = angles.get(key);
  if (reals === undefined) {
    reals = Array.from({ length: d / 2 }, (_, j) => rotaryReals(position, theta, j, d));
    angles.set(key, reals);
  }
  return reals;
}

const rope: Trial = {
  bound: 'ropeRound',
  draw(random, format) {
    const d = random.pick([2, 4, 8]);
    const position = random.pick([0, 1, 2, 3, 7, 22, 100, 355, 1023]);
    return {
      ...drawArithmetic(random, format),
      order: 'sequential',
      arrays: { x: drawRow(random, format, d) },
      scalars: { d, position, theta: random.pick([10000, 100]) },
    };
  },
  observe(trial) {
    const reals = anglesOf(trial.scalars);
    const shape = [1, 1, 1, reals.length];
    const table = {
      cos: { shape, reals: reals.map(({ cos }) => cos) },
      sin: { shape, reals: reals.map(({ sin }) => sin) },
    };
    const tables = { exact: table, float32Angles: () => table };
    const x = tensor([1, 1, 1, trial.arrays.x.length], Float64Array.from(trial.arrays.x));
    const arithmetic = simulatorOf(trial);
    const computed = arithmetic.rotate('query', arithmetic.lift(x), tables);
    const observed = differences(computed.data, exact.rotate('query', exact.lift(x), tables).data);
    const numbers = (of: (pair: RotaryReals) => RotaryReals['cos']): number[] =>
      reals.map((pair) => doubleDouble.toNumber(doubleDouble.fromReal(of(pair))));
    const inputs = {
      ...arithmeticInputs(trial),
      x: trial.arrays.x,
      cos: numbers((r) => r.cos),
      sin: numbers((r) => r.sin),
    };
    return observed && { inputs, observed };
  },
  sharp: {
    ratio: 0.892,
    trial: {
      ...plain,
      format: 'fp16',
      arrays: { x: [-8.46875, 493.75] },
      scalars: { d: 2, position: 1, theta: 10000 },
    },
  },
  outside: {
    stored: { x: [0.1, 1], cos: [1], sin: [0], format: 'fp16' },
    angles: { x: [1, 1], cos: [1], sin: [1], format: 'fp16' },
    'no-overflow': { x: [60000, 60000], cos: [0.6], sin: [0.8], format: 'fp16' },
  },
};

const stored = { x: [0.1], format: 'fp16' };
const binary = { x: [1], format: 'decimal:4' };

export const elementwiseTrials: readonly Trial[] = [
  activationTrial('geluAbs', sharpAt(0.868, 'fp16', 0.11846923828125), {
    stored,
    binary,
    'no-overflow': { x: [64], format: 'fp16' },
  }),
  activationTrial('geluErfAbs', sharpAt(0.902, 'fp16', 0.0312042236328125), { stored, binary }),
  activationTrial('siluAbs', sharpAt(0.949, 'fp16', 4.19140625), {
    stored,
    precision: { x: [1], format: 'e2m1', mode: 'up' },
    'no-overflow': { x: [-12], format: 'fp16' },
  }),
  rope,
];
