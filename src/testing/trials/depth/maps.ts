/** Trials of what branches do: an MLP's sensitivity, and a stack of half blocks in the worst case. */
import { DoubleDoubleArithmetic } from '../../../arithmetic/double-double.ts';
import { type BinaryFormat, round } from '../../../formats/index.ts';
import { doubleDouble } from '../../../softfloat/double-double.ts';
import { tensor } from '../../../tensor/index.ts';
import type { Random } from '../../random.ts';
import { drawRow } from '../../rows.ts';
import type { Trial } from '../../trial.ts';
import { LEAST, minus, normInf, plus, UNCERTAINTY, type Vector, vectorOf } from './vectors.ts';

const exact = new DoubleDoubleArithmetic();
const real = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;

const asRow = (v: Vector) => ({ shape: [1, v.length], data: [...v] });

/** W·x, W a row for each number of the result. */
function apply(weight: readonly number[], x: Vector): Vector {
  const matrix = tensor([weight.length / x.length, x.length], Float64Array.from(weight));
  return Array.from(exact.linear('w', asRow(x), { weight: matrix, layout: 'out-in' }).data as Vector);
}

const activations = ['gelu-erf', 'gelu-tanh', 'silu', 'relu'] as const;

function activate(x: Vector, activation: (typeof activations)[number]): Vector {
  const row = asRow(x);
  if (activation === 'silu') return exact.silu('act', row).data as Vector;
  if (activation === 'relu') return exact.relu(row).data as Vector;
  return exact.gelu('act', row, activation === 'gelu-erf' ? 'erf' : 'tanh').data as Vector;
}

/** Entries of at most 2^10, whatever the format. */
function moderate(random: Random, format: BinaryFormat, length: number): number[] {
  return drawRow(random, format, length).map((x) => round(Math.max(-1024, Math.min(1024, x)), format));
}

const mlpLip: Trial = {
  bound: 'mlpLip',
  draw(random, format) {
    const [width, hidden] = [random.integer(1, 3), random.integer(1, 4)];
    const x = moderate(random, format, width);
    const step = 2 ** -random.integer(0, 12);
    const other = x.map((entry) => round(entry + step * random.normal(), format));
    const arrays = {
      ...{ x, other },
      up: moderate(random, format, width * hidden),
      down: moderate(random, format, width * hidden),
    };
    return { ...real, format: format.name, arrays, scalars: { activation: random.integer(0, 3) } };
  },
  observe({ arrays: { x, other, up, down }, scalars }) {
    const activation = activations[scalars.activation];
    const f = (at: readonly number[]): Vector => apply(down, activate(apply(up, vectorOf(at)), activation));
    const distance = normInf(minus(vectorOf(other), vectorOf(x)));
    if (!(distance >= LEAST * normInf(vectorOf(x)))) return undefined;
    const moved = normInf(minus(f(other), f(x))) / distance;
    const hidden = up.length / x.length;
    const inputs = {
      up: { shape: [hidden, x.length], data: up },
      down: { shape: [x.length, hidden], data: down },
      activation,
    };
    return Number.isFinite(moved) ? { inputs, observed: moved * (1 - UNCERTAINTY) } : undefined;
  },
  sharp: {
    ratio: 0.99999,
    trial: {
      ...real,
      format: 'fp16',
      arrays: { x: [1.4140625], other: [1.4150390625], up: [1], down: [1] },
      scalars: { activation: 0 },
    },
  },
  outside: {},
};

const gatedMlpLip: Trial = {
  bound: 'gatedMlpLip',
  draw(random, format) {
    const trial = mlpLip.draw(random, format);
    const { up } = trial.arrays;
    const hidden = up.length / trial.arrays.x.length;
    const biases = { gateBias: moderate(random, format, hidden), upBias: moderate(random, format, hidden) };
    return { ...trial, arrays: { ...trial.arrays, gate: moderate(random, format, up.length), ...biases } };
  },
  observe({ arrays: { x, other, gate, up, down, gateBias, upBias }, scalars }) {
    const activation = activations[scalars.activation];
    const f = (at: readonly number[]): Vector => {
      const gates = activate(plus(apply(gate, vectorOf(at)), vectorOf(gateBias)), activation);
      const ups = plus(apply(up, vectorOf(at)), vectorOf(upBias));
      return apply(
        down,
        gates.map((g, i) => doubleDouble.mul(g, ups[i])),
      );
    };
    const distance = normInf(minus(vectorOf(other), vectorOf(x)));
    const radius = Math.max(normInf(vectorOf(x)), normInf(vectorOf(other)));
    if (!(distance >= LEAST * radius)) return undefined;
    const [from, to] = [f(x), f(other)];
    const change = normInf(minus(to, from));
    // Biases are no part of the distance: what they lose in double-double must not count.
    if (!(change >= LEAST * Math.max(normInf(from), normInf(to)))) return undefined;
    const moved = change / distance;
    const hidden = up.length / x.length;
    const inputs = {
      gate: { shape: [hidden, x.length], data: gate },
      up: { shape: [hidden, x.length], data: up },
      down: { shape: [x.length, hidden], data: down },
      ...{ gateBias, upBias, activation, radius, x },
    };
    return Number.isFinite(moved) ? { inputs, observed: moved * (1 - UNCERTAINTY) } : undefined;
  },
  sharp: {
    ratio: 0.999,
    trial: {
      ...{ ...real, format: 'fp16', scalars: { activation: 3 } },
      arrays: { x: [1], other: [1 - 2 ** -10], gate: [1], up: [1], down: [1], gateBias: [0], upBias: [0] },
    },
  },
  outside: { radius: { gate: [[1]], up: [[1]], down: [[1]], activation: 'relu', radius: 1, x: [2] } },
};

/** Branches f_l(z) = W_l·z, so that ‖W_l‖∞ is their Lipschitz constant. */
const blockInf: Trial = {
  bound: 'blockInf',
  draw(random, format) {
    const [width, steps] = [random.integer(2, 6), random.integer(1, 4)];
    const size = 2 ** -random.integer(0, 12);
    const errors = (length: number) => Array.from({ length }, () => round(size * random.normal(), format));
    const arrays = {
      x: moderate(random, format, width),
      dx: errors(width),
      w: drawRow(random, format, width * width * steps).map((w) => round(Math.max(-4, Math.min(4, w)), format)),
      gamma: moderate(random, format, width * steps),
      local: errors(width * steps),
    };
    const scalars = { epsilon: random.pick([0, 1e-5, 1]), rms: random.integer(0, 1) };
    return { ...real, format: format.name, arrays, scalars };
  },
  observe({ arrays: { x, dx, w, gamma, local }, scalars: { epsilon, rms } }) {
    const name = rms === 1 ? 'rmsNorm' : 'layerNorm';
    const width = x.length;
    const steps = gamma.length / width;
    let [reference, perturbed] = [vectorOf(x), plus(vectorOf(x), vectorOf(dx))];
    const lists = { lipschitz: [], gamma: [], sigma: [], deviation: [], epsilon: [], local: [] } as Record<
      'lipschitz' | 'gamma' | 'sigma' | 'deviation' | 'epsilon' | 'local',
      number[]
    >;
    const observed = new Float64Array(steps);
    let size = normInf(reference);
    for (let l = 0; l < steps; l++) {
      const part = (numbers: readonly number[], size: number): number[] => [...numbers.slice(l * size, (l + 1) * size)];
      const [weight, gains, error] = [part(w, width * width), part(gamma, width), part(local, width)];
      const norm = { gamma: tensor([width], Float64Array.from(gains)) };
      const branch = (at: Vector): Vector =>
        apply(weight, exact[name]('norm', asRow(at), norm, epsilon).data as Vector);
      const { deviation, sigma } = statistics(reference, name);
      lists.lipschitz.push(rowNorm(weight, width));
      lists.gamma.push(normInf(vectorOf(gains)));
      lists.sigma.push(sigma * (1 - UNCERTAINTY));
      lists.deviation.push(deviation);
      lists.epsilon.push(epsilon);
      lists.local.push(normInf(vectorOf(error)));
      reference = plus(reference, branch(reference));
      perturbed = plus(plus(perturbed, branch(perturbed)), vectorOf(error));
      size = Math.max(size, normInf(reference), lists.lipschitz[l] * lists.gamma[l] * Math.sqrt(width));
      observed[l] = normInf(minus(perturbed, reference)) * (1 - UNCERTAINTY);
    }
    const inputs = { width, norm: name, initial: normInf(vectorOf(dx)), ...lists };
    if (!(inputs.initial >= LEAST * size)) return undefined;
    return observed.every(Number.isFinite) ? { inputs, observed } : undefined;
  },
  sharp: {
    ratio: 0.998,
    trial: {
      ...{ ...real, format: 'fp32' },
      arrays: { x: [0, 0], dx: [2 ** -10, -(2 ** -10)], w: [1, 0, 0, 1], gamma: [1, 1], local: [0, 0] },
      scalars: { epsilon: 1, rms: 0 },
    },
  },
  outside: {
    spread: {
      ...{ width: 2, initial: 1, lipschitz: [1], gamma: [1], sigma: [1], deviation: [1] },
      ...{ epsilon: [0], local: [0] },
    },
  },
};

function rowNorm(weight: readonly number[], width: number): number {
  return Math.max(
    ...Array.from({ length: width }, (_, i) =>
      weight.slice(i * width, (i + 1) * width).reduce((sum, x) => sum + Math.abs(x), 0),
    ),
  );
}

/** The largest |x − mean| and the standard deviation; of RMSNorm, |x| and the root mean square. */
function statistics(x: Vector, norm: 'layerNorm' | 'rmsNorm'): { deviation: number; sigma: number } {
  const { add, sub, div, fromNumber } = doubleDouble;
  const length = fromNumber(x.length);
  const mean = norm === 'rmsNorm' ? fromNumber(0) : div(x.reduce(add, fromNumber(0)), length);
  const deviations = x.map((entry) => sub(entry, mean).hi);
  const squares = deviations.reduce((sum, c) => sum + c * c, 0);
  return { deviation: Math.max(...deviations.map(Math.abs)), sigma: Math.sqrt(squares / x.length) };
}

export const mapTrials: readonly Trial[] = [mlpLip, gatedMlpLip, blockInf];
