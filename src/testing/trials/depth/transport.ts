/** Trials of the transported local errors: stacks of x + ρ·H·sin x, whose derivatives are known. */
import { type BinaryFormat, round } from '../../../formats/index.ts';
import { doubleDouble } from '../../../softfloat/double-double.ts';
import type { Random } from '../../random.ts';
import { drawRow } from '../../rows.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { minus, norm2, orthogonal, plus, times, UNCERTAINTY, type Vector, vectorOf } from './vectors.ts';

const real = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;

function draw(random: Random, format: BinaryFormat): TrialCase {
  const [width, steps] = [random.integer(1, 4), random.integer(1, 5)];
  const size = 2 ** -random.integer(0, 16);
  const arrays = {
    x: drawRow(random, format, width).map((x) => round(Math.max(-64, Math.min(64, x)), format)),
    local: Array.from({ length: width * steps }, () => round(size * random.normal(), format)),
    rho: Array.from({ length: steps }, () => round(random.uniform(), format)),
  };
  return {
    ...real,
    format: format.name,
    arrays,
    scalars: { signs: random.word() >>> 2, linear: random.integer(0, 1) },
  };
}

/** F(x) = x + ρ·H·sin x, and F′(x)·d. */
function stepsOf({ arrays: { x, rho }, scalars: { signs } }: TrialCase) {
  return rho.map((gain, l) => {
    const turned = (v: Vector): Vector => times(gain, orthogonal(v, l % x.length, signs >> l));
    return {
      map: (at: Vector): Vector => plus(at, turned(at.map(doubleDouble.sin))),
      derivative: (at: Vector, d: Vector): Vector =>
        plus(d, turned(at.map((entry, i) => doubleDouble.mul(doubleDouble.cos(entry), d[i])))),
    };
  });
}

/** The transported errors with what bounds their curvature, and the error of the last stream. */
function transport(trial: TrialCase) {
  const { x, local, rho } = trial.arrays;
  const steps = stepsOf(trial);
  const tail = (from: number, at: Vector): Vector => steps.slice(from).reduce((v, { map }) => map(v), at);
  const linear = trial.scalars.linear === 1;
  let [reference, computed] = [vectorOf(x), vectorOf(x)];
  const transported: number[] = [];
  for (let l = 0; l < steps.length; l++) {
    const error = vectorOf(local.slice(l * x.length, (l + 1) * x.length));
    const exact = steps[l].map(computed);
    computed = plus(exact, error);
    reference = steps[l].map(reference);
    if (linear) {
      let [at, d] = [exact, error];
      for (const { map, derivative } of steps.slice(l + 1)) [at, d] = [map(at), derivative(at, d)];
      transported.push(norm2(d));
    } else transported.push(norm2(minus(tail(l + 1, computed), tail(l + 1, exact))));
  }
  // Of a step, ‖F′‖ ≤ 1 + ρ and F′ has the Lipschitz constant ρ; of a tail F∘G, G′ … by the chain rule.
  const curvature = new Array<number>(steps.length).fill(0);
  for (let [l, gain] = [steps.length - 2, 1]; l >= 0; l--) {
    const g = 1 + Math.abs(rho[l + 1]);
    curvature[l] = curvature[l + 1] * g * g + gain * Math.abs(rho[l + 1]);
    gain *= g;
  }
  // What double-double's own errors, below 2^−95 of each stream, can grow to.
  const growth = rho.reduce((product, gain) => product * (1 + Math.abs(gain)), 1);
  const noise = 2 ** -90 * growth ** 2 * (norm2(vectorOf(x)) + norm2(vectorOf(local))) * steps.length;
  const sizes = steps.map((_, l) => norm2(vectorOf(local.slice(l * x.length, (l + 1) * x.length))));
  return {
    transported,
    local: sizes,
    curvature,
    linear,
    error: Math.max(0, norm2(minus(computed, reference)) - noise),
  };
}

const triangle: Trial = {
  bound: 'triangle',
  draw,
  observe(trial) {
    const { transported, local, curvature, linear, error } = transport(trial);
    if (!Number.isFinite(error) || !transported.every(Number.isFinite)) return undefined;
    // Beyond that the first order says nothing, and the factor everything.
    const curved = local.reduce((sum, norm, l) => sum + curvature[l] * norm ** 2, 0);
    if (linear && curved > 2 * transported.reduce((sum, norm) => sum + norm, 0)) return undefined;
    const inputs = linear
      ? { transported, transport: 'linear', local, curvature }
      : { transported, transport: 'exact' };
    return { inputs, observed: error * (1 - UNCERTAINTY) };
  },
  sharp: {
    ratio: 1 - 2 ** -40,
    trial: {
      ...{ ...real, format: 'fp32', arrays: { x: [0], local: [0, 2 ** -20], rho: [0.5, 0.5] } },
      scalars: { signs: 0, linear: 0 },
    },
  },
  outside: {
    curvature: { transported: [1], transport: 'linear' },
    transported: { transported: [0], transport: 'linear', local: [1], curvature: [1] },
  },
};

const rss: Trial = {
  bound: 'rss',
  draw,
  observe(trial) {
    const { transported, error } = transport(trial);
    if (!Number.isFinite(error) || !transported.every(Number.isFinite)) return undefined;
    return { inputs: { transported }, observed: error };
  },
  sharp: triangle.sharp,
  outside: {},
};

export const transportTrials: readonly Trial[] = [triangle, rss];
