/** Random programs of one operation, random specs and random balls, for interpreters over balls. */
import type { Arithmetic, RotaryTables } from '../../../src/arithmetic/arithmetic.ts';
import { type BinaryFormat, formats, roundingModes } from '../../../src/formats/index.ts';
import { rotaryReals, rotaryRealsFloat32, sqrtOfRatio } from '../../../src/softfloat/real.ts';
import {
  allowsFma,
  causalMask,
  type OperationSpec,
  sizeOf,
  type Tensor,
  uniformSpec,
} from '../../../src/tensor/index.ts';
import type { Order } from '../../../src/tensor/order.ts';
import type { Random } from '../../../src/testing/random.ts';

export const caseFormats = ['fp32', 'fp16', 'bf16', 'e4m3', 'e5m2'] as const;

const orders: readonly Order[] = [
  { kind: 'sequential' },
  { kind: 'reversed' },
  { kind: 'pairwise' },
  { kind: 'kahan' },
  { kind: 'blocked', block: 2 },
  { kind: 'lanes', lanes: 2 },
  { kind: 'splitk', chunks: 2 },
];

export function randomSpec(random: Random, format: BinaryFormat): OperationSpec {
  const order = random.pick(orders);
  return {
    ...uniformSpec(format),
    input: random.pick([format, format, formats.fp16]),
    product: random.pick([format, 'exact', formats.fp32]),
    accumulate: random.pick([format, formats.fp32]),
    order,
    fma: allowsFma(order) && random.integer(0, 1) === 1,
    bias: random.pick(['separate', 'fused'] as const),
    mode: random.pick([...roundingModes, 'nearest-even', 'nearest-even', 'stochastic'] as const),
    overflow: random.pick(['inf', 'saturate'] as const),
    subnormals: random.pick(['keep', 'keep', 'flush'] as const),
    softmax: random.pick(['shifted', 'unshifted'] as const),
    rotary: random.pick(['exact', 'float32-angles'] as const),
    seed: 1,
  };
}

export interface OperationCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  /** Operands are moderate in size: functions of large ones are slow in decimal arithmetic. */
  readonly moderate?: boolean;
  /** The last operand is a parameter: it is handed over as it is. */
  readonly run: <V>(A: Arithmetic<V>, operands: readonly V[], parameters: readonly Tensor[]) => V;
  /** Shapes of parameters. */
  readonly parameters?: readonly (readonly number[])[];
}

const site = 'matmul';
const mask = causalMask(
  [
    { start: 1, end: 4 },
    { start: 0, end: 3 },
  ],
  4,
);
const scale = { shape: [], reals: [sqrtOfRatio(1n, 3n)] };

function rotary(reals: typeof rotaryReals): RotaryTables['exact'] {
  const entries = [0, 1, 2, 700].flatMap((position) => [0, 1].map((j) => reals(position, 10000, j, 4)));
  const shape = [1, 1, 4, 2];
  return { cos: { shape, reals: entries.map(({ cos }) => cos) }, sin: { shape, reals: entries.map(({ sin }) => sin) } };
}
const tables: RotaryTables = { exact: rotary(rotaryReals), float32Angles: () => rotary(rotaryRealsFloat32) };

export const operationCases: readonly OperationCase[] = [
  { name: 'add', shapes: [[2, 3], [3]], run: (A, [a, b]) => A.add(site, a, b) },
  {
    name: 'subtract',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    run: (A, [a, b]) => A.subtract(site, a, b),
  },
  {
    name: 'multiply',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (A, [a, b]) => A.multiply(site, a, b),
  },
  {
    name: 'divide',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (A, [a, b]) => A.divide(site, a, b),
  },
  { name: 'sqrt', shapes: [[5]], run: (A, [a]) => A.sqrt(site, A.relu(a)) },
  { name: 'exp', shapes: [[5]], moderate: true, run: (A, [a]) => A.exp(site, a) },
  { name: 'tanh', shapes: [[5]], moderate: true, run: (A, [a]) => A.tanh(site, a) },
  { name: 'erf', shapes: [[5]], moderate: true, run: (A, [a]) => A.erf(site, a) },
  { name: 'relu', shapes: [[6]], run: (A, [a]) => A.relu(A.negate(a)) },
  { name: 'rowMax', shapes: [[2, 1, 4, 4]], run: (A, [a]) => A.rowMax(a, mask) },
  { name: 'select', shapes: [[2, 1, 4, 4]], run: (A, [a]) => A.select(a, mask, 0) },
  {
    name: 'moved',
    shapes: [
      [2, 3, 2],
      [2, 3, 4],
    ],
    run: (A, [a, b]) => A.concat(A.slice(A.permute(b, [0, 1, 2]), 1, 3), a),
  },
  { name: 'rowSum', shapes: [[3, 5]], run: (A, [a]) => A.rowSum(site, a) },
  {
    name: 'matmul',
    shapes: [
      [2, 3, 5],
      [1, 5, 2],
    ],
    run: (A, [a, b]) => A.matmul(site, a, b),
  },
  {
    name: 'context',
    shapes: [
      [2, 2, 4, 4],
      [2, 1, 4, 3],
    ],
    run: (A, [a, b]) => A.matmul(site, A.select(a, mask, 0), b, { mask }),
  },
  {
    name: 'scores',
    shapes: [
      [2, 2, 4, 3],
      [2, 1, 4, 3],
    ],
    run: (A, [a, b]) => A.scores(site, a, b, scale, mask),
  },
  {
    name: 'linear',
    shapes: [[2, 5]],
    parameters: [[5, 3], [3]],
    run: (A, [x], [weight, bias]) => A.linear(site, x, { weight, bias, layout: 'in-out' }),
  },
  {
    name: 'linear without bias',
    shapes: [[2, 5]],
    parameters: [[3, 5]],
    run: (A, [x], [weight]) => A.linear(site, x, { weight, layout: 'out-in' }),
  },
  { name: 'softmax', shapes: [[2, 1, 4, 4]], moderate: true, run: (A, [a]) => A.softmax(site, a, mask) },
  {
    name: 'layerNorm',
    shapes: [[3, 5]],
    parameters: [[5], [5]],
    run: (A, [x], [gamma, beta]) => A.layerNorm(site, x, { gamma, beta }, 1e-5),
  },
  {
    name: 'rmsNorm',
    shapes: [[3, 5]],
    parameters: [[5]],
    run: (A, [x], [gamma]) => A.rmsNorm(site, x, { gamma }, 1e-5),
  },
  { name: 'gelu tanh', shapes: [[6]], moderate: true, run: (A, [a]) => A.gelu(site, a, 'tanh') },
  { name: 'gelu erf', shapes: [[6]], moderate: true, run: (A, [a]) => A.gelu(site, a, 'erf') },
  { name: 'silu', shapes: [[6]], moderate: true, run: (A, [a]) => A.silu(site, a) },
  { name: 'rotate', shapes: [[2, 1, 4, 4]], run: (A, [a]) => A.rotate(site, a, tables) },
];

/** Float64 numbers: raw bits of the format moved a little, or of one size. */
export function randomTensor(
  random: Random,
  shape: readonly number[],
  format: BinaryFormat,
  moderate: boolean,
): Tensor {
  const raw = !moderate && random.integer(0, 1) === 1;
  const size = 2 ** random.integer(-8, moderate ? 4 : 8);
  const offset = random.pick([0, 0, 3, 40]);
  const number = (): number =>
    raw ? random.code(format) * (1 + random.normal() * 2 ** -12) : (random.normal() + offset) * size;
  const data = Float64Array.from({ length: sizeOf(shape) }, number);
  return { shape, data: moderate ? data.map((x) => Math.min(60, Math.max(-60, x))) : data };
}
