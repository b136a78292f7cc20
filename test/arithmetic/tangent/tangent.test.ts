import { describe, expect, it } from 'vitest';
import type { Arithmetic, Linear, RotaryTables } from '../../../src/arithmetic/arithmetic.ts';
import { DoubleDoubleArithmetic } from '../../../src/arithmetic/double-double.ts';
import type { Store } from '../../../src/arithmetic/scalar-arithmetic.ts';
import { float64Specs } from '../../../src/arithmetic/softfloat.ts';
import { BasicTangentArithmetic } from '../../../src/arithmetic/tangent/basic-tangent-arithmetic.ts';
import type { ImmediateArithmetic, Tangent } from '../../../src/arithmetic/tangent/tangent.ts';
import { TangentArithmetic } from '../../../src/arithmetic/tangent/tangent-arithmetic.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { normalNumbers } from '../../../src/model/random/normal.ts';
import type { DD } from '../../../src/softfloat/double-double.ts';
import { rotaryReals, sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { causalMask, sizeOf, type Tensor, tensor } from '../../../src/tensor/index.ts';

type DDTensor = Tensor<Store<DD>>;
type Program = <V>(A: Arithmetic<V>, ...inputs: V[]) => V;

/** Numbers of mean 0 and standard deviation 1. */
const random = (seed: number, ...shape: number[]): Tensor =>
  tensor(shape, Float64Array.from(normalNumbers(sizeOf(shape), 'x', seed, 1)));
const positive = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map((x) => 0.5 + Math.abs(x)) });

const mask = causalMask(
  [
    { start: 1, end: 4 },
    { start: 0, end: 3 },
  ],
  4,
);
/** Every query sees a key: the maximum of none is −∞. */
const filled = causalMask(
  [
    { start: 0, end: 4 },
    { start: 0, end: 3 },
  ],
  4,
);
const scale = { shape: [], reals: [sqrtOfRatio(1n, 6n)] };
const norm = { gamma: random(71, 6), beta: random(72, 6) };
const linear = (layout: Linear['layout']): Linear => ({
  weight: random(73, ...(layout === 'in-out' ? [6, 5] : [5, 6])),
  layout,
  bias: random(74, 5),
});
const angles = Array.from({ length: 2 * 4 * 3 }, (_, i) => rotaryReals(i % 7, 10000, i % 3, 6));
const table = (part: 'cos' | 'sin') => ({ shape: [2, 1, 4, 3], reals: angles.map((angle) => angle[part]) });
const rotary: RotaryTables = {
  exact: { cos: table('cos'), sin: table('sin') },
  float32Angles: () => {
    throw new Error('the derivative is that of the exact tables');
  },
};
const wide = random(1, 2, 4, 6);
const probs = { shape: [2, 4, 4, 4], data: random(2, 2, 4, 4, 4).data.map(Math.abs) };

/** Each program with its inputs; all of them vary. */
const basic: Record<string, [Program, ...Tensor[]]> = {
  'reshape, permute, negate': [(A, x) => A.negate(A.permute(A.reshape(x, [2, 4, 3, 2]), [0, 2, 1, 3])), wide],
  'slice, concat': [(A, x, y) => A.concat(A.slice(x, 1, 4), y), wide, random(3, 2, 4, 2)],
  relu: [(A, x) => A.relu(x), wide],
  rowMax: [(A, x) => A.rowMax(x), wide],
  'rowMax, masked': [(A, x) => A.rowMax(A.select(x, filled, -9), filled), random(4, 2, 3, 4, 4)],
  select: [(A, x) => A.select(x, mask, 0), random(4, 2, 3, 4, 4)],
  'add, broadcast from the right': [(A, x, y) => A.add('', x, y), wide, random(5, 4, 1)],
  'subtract, both broadcast': [(A, x, y) => A.subtract('', x, y), random(6, 2, 1, 6), random(7, 4, 1)],
  'multiply, a longer second': [(A, x, y) => A.multiply('', x, y), random(8, 6), wide],
  'divide by a column': [(A, x, y) => A.divide('', x, y), wide, positive(random(9, 2, 4, 1))],
  'divide a row': [(A, x, y) => A.divide('', x, y), random(10, 6), positive(wide)],
  sqrt: [(A, x) => A.sqrt('', x), positive(wide)],
  exp: [(A, x) => A.exp('', x), wide],
  tanh: [(A, x) => A.tanh('', x), wide],
  erf: [(A, x) => A.erf('', x), wide],
  rowSum: [(A, x) => A.rowSum('', x), wide],
  matmul: [(A, x, y) => A.matmul('', x, y), random(11, 2, 4, 3, 6), random(12, 2, 2, 6, 5)],
  'matmul, transposed': [
    (A, x, y) => A.matmul('', x, y, { transposed: true }),
    random(11, 2, 4, 3, 6),
    random(12, 2, 2, 5, 6),
  ],
  'matmul, masked': [(A, x, y) => A.matmul('', x, y, { mask }), probs, random(13, 2, 2, 4, 5)],
  'linear, in-out': [(A, x) => A.linear('', x, linear('in-out')), wide],
  'linear, out-in': [(A, x) => A.linear('', x, linear('out-in')), wide],
};
const composites: Record<string, [Program, ...Tensor[]]> = {
  // Masked scores are −∞: 0 where the mask hides them is the derivative that the softmax behind them sees.
  'scores and their softmax': [
    (A, q, k) => A.softmax('', A.scores('', q, k, scale, mask), mask),
    random(14, 2, 4, 4, 6),
    random(15, 2, 2, 4, 6),
  ],
  'scores without a mask': [(A, q, k) => A.scores('', q, k, scale), random(14, 2, 4, 4, 6), random(15, 2, 2, 4, 6)],
  softmax: [(A, x) => A.softmax('', x), wide],
  layerNorm: [(A, x) => A.layerNorm('', x, norm, 1e-3), wide],
  'layerNorm without β': [(A, x) => A.layerNorm('', x, { gamma: norm.gamma }, 0), wide],
  rmsNorm: [(A, x) => A.rmsNorm('', x, { gamma: norm.gamma }, 1e-3), wide],
  'gelu, tanh': [(A, x) => A.gelu('', x, 'tanh'), wide],
  'gelu, erf': [(A, x) => A.gelu('', x, 'erf'), wide],
  silu: [(A, x) => A.silu('', x), wide],
  rotate: [(A, x) => A.rotate('', x, rotary), random(16, 2, 5, 4, 6)],
};

const K = 3;
const D = new DoubleDoubleArithmetic();
const directions = ({ shape }: Tensor, seed: number): Tensor => random(seed, K, ...shape);

/** The program's derivatives [K, …] along the directions, and its primal. */
function derivatives<V>(
  base: ImmediateArithmetic<V>,
  Interpreter: new (base: ImmediateArithmetic<V>) => BasicTangentArithmetic<V>,
  [program, ...inputs]: [Program, ...Tensor[]],
): { primal: V; tangents: V } {
  const A = new Interpreter(base);
  const seeded = inputs.map((x, i) => A.withTangents(base.lift(x), base.lift(directions(x, 100 + i))));
  const { primal, tangents } = program(A, ...(seeded as Tangent<V>[]));
  return { primal, tangents: tangents as V };
}

/** The difference quotient (f(x + h·d) − f(x − h·d))/2h along direction `j`, in double-double. */
function quotient([program, ...inputs]: [Program, ...Tensor[]], j: number, h: number): DDTensor {
  const at = (sign: number): DDTensor =>
    program(
      D,
      ...inputs.map((x, i) => {
        const d = directions(x, 100 + i).data.slice(j * x.data.length, (j + 1) * x.data.length);
        const step = { shape: x.shape, data: d.map((y) => sign * h * y) };
        return D.add('', D.lift(x), D.lift(step));
      }),
    );
  return D.divide('', D.subtract('', at(1), at(-1)), D.lift(tensor([], Float64Array.of(2 * h))));
}

/** Extrapolated from two steps, so that the error in h² falls out. */
function extrapolated(what: [Program, ...Tensor[]], j: number, h: number): DDTensor {
  const number = (n: number): DDTensor => D.lift(tensor([], Float64Array.of(n)));
  const near = D.multiply('', quotient(what, j, h), number(4));
  return D.divide('', D.subtract('', near, quotient(what, j, 2 * h)), number(3));
}

const largest = (v: DDTensor): number => Math.max(...D.lower(v).data.map(Math.abs));
function part(v: DDTensor, j: number): DDTensor {
  const shape = v.shape.slice(1);
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => v.data[j * sizeOf(shape) + i]);
  return { shape, data };
}

describe('the tangent interpreter', () => {
  // h = 2^−20: the rest of order h⁴ is 2^−80 times a fifth derivative, which is below 2^14 for these functions and inputs
  // of about 1, and the rounding of f, 2^−98 or less, is divided by h: 2^−78. Slopes on other sides of a kink would be
  // off by about 1.
  it.each(Object.entries({ ...basic, ...composites }))('%s: the limit of difference quotients', (_, what) => {
    const { tangents } = derivatives(D, TangentArithmetic, what);
    for (let j = 0; j < K; j++) {
      const expected = extrapolated(what, j, 2 ** -20);
      expect(largest(D.subtract('', part(tangents, j), expected))).toBeLessThan(2 ** -64);
      expect(largest(expected)).toBeGreaterThan(2 ** -6);
    }
  });
  // Some hundred operations, each within 2^−100 of numbers below 2^6.
  it.each(Object.entries(composites))(
    '%s: the closed form is what the basic operations differentiate to',
    (_, what) => {
      const closed = derivatives(D, TangentArithmetic, what);
      const composed = derivatives(D, BasicTangentArithmetic, what);
      expect(closed.primal).toEqual(composed.primal);
      expect(largest(D.subtract('', closed.tangents, composed.tangents))).toBeLessThan(2 ** -86);
    },
  );
  // Below 2^7 operations, each within 2^−53 of numbers below 2^6.
  it.each(Object.entries({ ...basic, ...composites }))('%s: in kernels, with the primal’s bits', (_, what) => {
    const cpu = new CpuArithmetic('float64', float64Specs);
    const found = derivatives(cpu, TangentArithmetic, what);
    const [program, ...inputs] = what;
    expect(cpu.lower(found.primal)).toEqual(cpu.lower(program(cpu, ...inputs.map((x) => cpu.lift(x)))));
    const exact = derivatives(D, TangentArithmetic, what);
    const difference = D.subtract('', D.lift(cpu.lower(found.tangents)), exact.tangents);
    expect(largest(difference)).toBeLessThan(2 ** -40);
  });
  it('has no tangents where nothing varies', () => {
    const A = new TangentArithmetic(D);
    for (const [program, ...inputs] of Object.values({ ...basic, ...composites })) {
      expect(program(A, ...inputs.map((x) => A.lift(x))).tangents).toBeUndefined();
    }
  });
  it('differentiates in one operand alone', () => {
    for (const [program, ...inputs] of Object.values({ ...basic, ...composites })) {
      if (inputs.length < 2) continue;
      const A = new TangentArithmetic(D);
      const along = (which: number): DDTensor => {
        const given = inputs.map((x, i) =>
          i === which ? A.withTangents(D.lift(x), D.lift(directions(x, 100 + i))) : A.lift(x),
        );
        return program(A, ...given).tangents as DDTensor;
      };
      const both = derivatives(D, TangentArithmetic, [program, ...inputs]).tangents;
      expect(largest(D.subtract('', D.add('', along(0), along(1)), both))).toBeLessThan(2 ** -86);
    }
  });
});

describe('kinks', () => {
  const A = new TangentArithmetic(D);
  const slopes = (f: (v: Tangent<DDTensor>) => Tangent<DDTensor>, x: number[]): number[] => {
    const ones = D.lift(
      tensor(
        [1, x.length],
        new Float64Array(x.length).map((_, i) => i + 1),
      ),
    );
    return [
      ...D.lower(f(A.withTangents(D.lift(tensor([x.length], Float64Array.from(x))), ones)).tangents as DDTensor).data,
    ];
  };
  it('relu has the slope 0 at 0 and passes a NaN on', () => {
    expect(slopes((v) => A.relu(v), [-1, -0, 0, 2, Number.NaN])).toEqual([-0, 0, 0, 4, Number.NaN].map((x) => x + 0));
  });
  it('a maximum changes with the first of the largest', () => {
    expect(slopes((v) => A.rowMax(v), [1, 3, 2, 3])).toEqual([2]);
  });
  it('slopes of activations stay finite far out', () => {
    const far = [-1e3, -40, 40, 1e3];
    for (const f of [
      (v: Tangent<DDTensor>) => A.silu('', v),
      (v: Tangent<DDTensor>) => A.gelu('', v, 'tanh'),
      (v: Tangent<DDTensor>) => A.gelu('', v, 'erf'),
    ]) {
      slopes(f, far).forEach((slope, i) => {
        expect(Math.abs(slope - (far[i] > 0 ? i + 1 : 0))).toBeLessThan(1e-14);
      });
    }
  });
});
