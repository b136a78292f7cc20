/** Oracle: other programs' formulas, carried out in the formats, and running sums written by hand. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import * as formulas from '../../../src/arithmetic/enclosure/formulas.ts';
import {
  type Enclosure,
  EnclosureArithmetic,
  type Freedom,
  noFreedom,
} from '../../../src/arithmetic/enclosure/index.ts';
import { float64Specs, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { nextDown, nextUp } from '../../../src/formats/index.ts';
import { sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { parseSpec, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';

type Value = Tensor<{ readonly length: number; [index: number]: number }>;
const reference = new CpuArithmetic('float64', float64Specs);
const site = 'matmul';

function interpreters(policy: string, freedom: Freedom) {
  const spec = parseSpec(policy);
  const rounded = new SoftfloatArithmetic('rounded', () => spec);
  return { spec, rounded, enclosing: new EnclosureArithmetic({ reference, rounded, specOf: () => spec, freedom }) };
}

/** The largest distance of numbers from the centres, in units of the radius. */
function farthest(numbers: ArrayLike<number>, { numbers: centres, radius }: Enclosure): number {
  return Array.from(numbers).reduce((most, x, i) => {
    const distance = Object.is(x, centres[i]) ? 0 : Math.abs(x - centres[i]);
    return distance === 0 ? most : Math.max(most, distance / radius[i]);
  }, 0);
}

function draw(random: Random, shape: readonly number[], offset = 0): Tensor {
  const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.normal() + offset);
  return tensor(shape, data);
}

const scale = { shape: [], reals: [sqrtOfRatio(1n, 6n)] };
const gamma = tensor(
  [24],
  Float32Array.from({ length: 24 }, (_, i) => 0.5 + i / 16),
);
const beta = tensor(
  [24],
  Float32Array.from({ length: 24 }, (_, i) => i / 32 - 0.25),
);

interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly declared: <V>(A: Arithmetic<V>, operands: V[]) => V;
  readonly other: <V>(A: Arithmetic<V>, operands: V[]) => V;
}
const cases: readonly Case[] = [
  {
    name: 'scores scaled before the product',
    shapes: [
      [1, 1, 5, 6],
      [1, 1, 5, 6],
    ],
    declared: (A, [q, k]) => A.scores(site, q, k, scale),
    other: (A, [q, k]) => formulas.preScaledScores(A, site, q, k, scale, undefined),
  },
  {
    name: 'scores with both factors scaled',
    shapes: [
      [1, 1, 5, 6],
      [1, 1, 5, 6],
    ],
    declared: (A, [q, k]) => A.scores(site, q, k, scale),
    other: (A, [q, k]) => formulas.doubleScaledScores(A, site, q, k, scale, undefined),
  },
  {
    name: 'softmax times a reciprocal',
    shapes: [[4, 9]],
    declared: (A, [x]) => A.softmax(site, x),
    other: (A, [x]) => formulas.reciprocalSoftmax(A, site, x, undefined),
  },
  {
    name: 'norm as x·r − μ·r',
    shapes: [[4, 24]],
    declared: (A, [x]) => A.layerNorm(site, x, { gamma, beta }, 1e-5),
    other: (A, [x]) => formulas.affineNorm(A, site, x, { gamma, beta }, 1e-5),
  },
  {
    name: 'gelu with the square inside',
    shapes: [[40]],
    declared: (A, [x]) => A.gelu(site, x, 'tanh'),
    other: (A, [x]) => formulas.squaredGelu(A, site, x),
  },
  {
    name: 'silu by a sigmoid',
    shapes: [[40]],
    declared: (A, [x]) => A.silu(site, x),
    other: (A, [x]) => formulas.sigmoidSilu(A, site, x),
  },
];

describe.each(['fp32', 'bf16; product=exact, accumulate=fp32', 'fp16'])('other formulas in %s', (policy) => {
  it.each(cases)('$name', ({ shapes, declared, other }) => {
    const { rounded, enclosing } = interpreters(policy, { formulas: true, constants: true });
    const exact = interpreters('fp64', noFreedom).rounded;
    for (let index = 0; index < 30; index++) {
      const random = new Random(3, 'formulas', index);
      const offset = random.pick([0, 0, 5]);
      const operands = shapes.map((shape) => rounded.parameter(site, draw(random, shape, offset)) as Tensor);
      const enclosure = declared(
        enclosing as Arithmetic<Enclosure>,
        operands.map((t) => enclosing.lift(t)),
      );
      const got = other(
        rounded as Arithmetic<Value>,
        operands.map((t) => rounded.lift(t)),
      );
      expect(farthest(got.data, enclosure), `case ${index}`).toBeLessThanOrEqual(1);
      // It is another formula of the same function.
      const [one, two] = [declared, other].map((f) =>
        f(
          exact as Arithmetic<Value>,
          operands.map((t) => exact.lift(t)),
        ),
      );
      Array.from(one.data).forEach((x, i) => {
        expect(Math.abs(two.data[i] - x)).toBeLessThan(2 ** -40 * (1 + Math.abs(x)));
      });
    }
  });
});

describe('ulps of functions', () => {
  it.each(['fp16', 'bf16', 'fp32'])('exp one ulp off, in subnormal numbers too: %s', (policy) => {
    const { spec, rounded, enclosing } = interpreters(policy, { ulps: { exp: 1 } });
    const x = tensor(
      [60],
      Float32Array.from({ length: 60 }, (_, i) => (policy === 'fp16' ? -i / 4 : -1.6 * i)),
    );
    const operand = rounded.parameter(site, x) as Tensor;
    const enclosure = enclosing.exp(site, enclosing.lift(operand));
    const nearest = Array.from(rounded.exp(site, operand).data);
    expect(nearest.some((y) => y < spec.out.smallestNormal)).toBe(true);
    for (const step of [nextUp, nextDown]) {
      const off = nearest.map((y) => step(y, spec.out));
      expect(farthest(off, enclosure)).toBeLessThanOrEqual(1);
      // Without the allowance, some are outside.
      expect(
        farthest(off, interpreters(policy, noFreedom).enclosing.exp(site, enclosing.lift(operand))),
      ).toBeGreaterThan(1);
    }
  });
});

describe('running moments', () => {
  const width = 200;
  /** Mean and mean square by updates (Welford), every operation rounded to float32. */
  function welford(x: ArrayLike<number>): { mean: number; variance: number } {
    const f = Math.fround;
    let [mean, squares] = [0, 0];
    for (let k = 0; k < x.length; k++) {
      const before = f(x[k] - mean);
      mean = f(mean + f(before / (k + 1)));
      squares = f(squares + f(before * f(x[k] - mean)));
    }
    return { mean, variance: f(squares / x.length) };
  }
  /** The same over blocks of 16, merged in pairs (Chan). */
  function merged(x: ArrayLike<number>): { mean: number; variance: number } {
    const f = Math.fround;
    let parts = Array.from({ length: Math.ceil(x.length / 16) }, (_, b) => {
      const own = Array.from(x).slice(16 * b, 16 * b + 16);
      const { mean, variance } = welford(own);
      return { n: own.length, mean, squares: f(variance * own.length) };
    });
    while (parts.length > 1) {
      parts = parts.flatMap((a, i) => {
        const b = parts[i + 1];
        if (i % 2 === 1) return [];
        if (b === undefined) return [a];
        const n = a.n + b.n;
        const share = f(b.n / n);
        const delta = f(b.mean - a.mean);
        const mean = f(f(f(1 - share) * a.mean) + f(share * b.mean));
        const between = f(f(f(delta * delta) * f(share * f(1 - share))) * n);
        return [{ n, mean, squares: f(f(a.squares + b.squares) + between) }];
      });
    }
    const [{ n, mean, squares }] = parts;
    return { mean, variance: f(squares / n) };
  }
  const norm = { gamma: tensor([width], new Float32Array(width).fill(1)) };
  it.each([0, 1, 100, 1000])('a mean of %s deviations', (offset) => {
    const { enclosing } = interpreters('fp32', { runningMoments: true });
    for (let index = 0; index < 20; index++) {
      const random = new Random(4, 'moments', index);
      const x = draw(random, [1, width], offset);
      if (index % 2 === 1) x.data.sort();
      if (index % 4 === 2) x.data[0] = 300;
      const enclosure = enclosing.layerNorm(site, enclosing.lift(x), norm, 1e-5);
      const f = Math.fround;
      for (const moments of [welford, merged]) {
        const { mean, variance } = moments(x.data);
        const r = f(1 / f(Math.sqrt(f(variance + f(1e-5)))));
        const got = Array.from(x.data, (xi) => f(f(xi - mean) * r));
        expect(farthest(got, enclosure), `case ${index}, ${moments.name}`).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('fused attention', () => {
  it.each([1, 4, 16])('a running maximum over blocks of %s keys', (block) => {
    const [keys, d] = [32, 8];
    const freedom: Freedom = { ulps: { exp: 1 }, constants: true, formulas: true, fused: () => true };
    const { enclosing } = interpreters('fp32', freedom);
    const f = Math.fround;
    for (let index = 0; index < 10; index++) {
      const random = new Random(5, 'fused', index);
      const [scores, values] = [draw(random, [1, 1, 1, keys]), draw(random, [1, 1, keys, d])];
      scores.data.forEach((x, i) => {
        scores.data[i] = f(x * 6);
      });
      let [most, sum] = [Number.NEGATIVE_INFINITY, 0];
      let out = new Array<number>(d).fill(0);
      for (let start = 0; start < keys; start += block) {
        const own = Array.from(scores.data.subarray(start, start + block));
        const next = Math.max(most, ...own);
        const factor = f(Math.exp(f(most - next)));
        sum = f(sum * factor);
        out = out.map((o) => f(o * factor));
        own.forEach((s, i) => {
          const e = f(Math.exp(f(s - next)));
          sum = f(sum + e);
          out = out.map((o, j) => f(o + f(e * values.data[(start + i) * d + j])));
        });
        most = next;
      }
      const got = out.map((o) => f(o / sum));
      const probs = enclosing.softmax(site, enclosing.lift(scores));
      const context = enclosing.matmul(site, probs, enclosing.lift(values));
      expect(farthest(got, context), `case ${index}`).toBeLessThanOrEqual(1);
    }
  });
});
