/** Single operations on plain arrays, in any arithmetic: what a researcher scripts checks with. */
import type { Arithmetic, MatmulOptions, RealTable } from '../arithmetic/arithmetic.ts';
import { checkFma } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { InputError } from '../formats/index.ts';
import { sqrtOfRatio } from '../softfloat/real.ts';
import {
  causalMask,
  type KeyMask,
  type OperationSpec,
  parseSpec,
  rowLength,
  sizeOf,
  type Tensor,
  tensor,
} from '../tensor/index.ts';
import { norm2, ratio, rowErrors } from './metrics.ts';
import { quantilesOf } from './quantiles.ts';
import { parseReference, type ReferenceName, referenceArithmetic } from './references.ts';
import type { Quantiles } from './result.ts';

/** Numbers with a shape, row-major. */
export interface PlainArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Results are float32 where the format fits in it, else float64. */
export interface Operations {
  /** a [..., m, k] times b [..., k, n]; with `transposed`, b is [..., n, k]. */
  matmul(a: PlainArray, b: PlainArray, options?: { transposed?: boolean }): Tensor;
  /** x [..., in] times weight [out, in] transposed (`in-out`: weight [in, out]), plus bias [out]. */
  linear(x: PlainArray, weight: PlainArray, bias?: PlainArray, layout?: 'out-in' | 'in-out'): Tensor;
  /** Along the last axis. */
  softmax(x: PlainArray): Tensor;
  /** Along the last axis; γ and β [features], default ε 1e-5. */
  layerNorm(x: PlainArray, gamma: PlainArray, beta?: PlainArray, epsilon?: number): Tensor;
  rmsNorm(x: PlainArray, gamma: PlainArray, epsilon?: number): Tensor;
  /** Default form `tanh`. */
  gelu(x: PlainArray, form?: 'tanh' | 'erf'): Tensor;
  silu(x: PlainArray): Tensor;
  /**
   * softmax(Q·Kᵀ/√d)·V, with Q [batch, heads, queries, d], K and V [batch, key-value heads, keys, d] (leading axes may be
   * left out); `causal`: query i sees the keys 0 … i.
   */
  attention(q: PlainArray, k: PlainArray, v: PlainArray, options?: { causal?: boolean }): Tensor;
}

/**
 * Operations rounded as a spec says: `simulate('bf16; order=pairwise').matmul(a, b)`.
 * @throws InputError where the text is no policy
 */
export function simulate(spec: string | OperationSpec): Operations {
  const parsed = typeof spec === 'string' ? parseSpec(spec) : spec;
  checkFma(parsed);
  return operationsIn(new CpuArithmetic('softfloat', () => parsed) as Arithmetic<unknown>);
}

/** The same operations in a reference arithmetic, results rounded to float64. */
export function reference(name: ReferenceName): Operations {
  return operationsIn(referenceArithmetic(parseReference(name)));
}

const SITE = 'matmul';
const DEFAULT_EPSILON = 1e-5;

function operationsIn(A: Arithmetic<unknown>): Operations {
  const lift = (a: PlainArray): unknown => A.lift(plain(a));
  // Only a GPU answers later, and none is behind these operations.
  const lower = (v: unknown): Tensor => A.lower(v) as Tensor;
  return {
    matmul: (a, b, options) => lower(A.matmul(SITE, lift(a), lift(b), options)),
    linear: (x, weight, bias, layout = 'out-in') => {
      checkLinear(x, weight, bias, layout);
      return lower(A.linear(SITE, lift(x), { weight: plain(weight), layout, ...(bias && { bias: plain(bias) }) }));
    },
    softmax: (x) => lower(A.softmax(SITE, lift(x))),
    layerNorm: (x, gamma, beta, epsilon = DEFAULT_EPSILON) => {
      for (const parameter of beta ? [gamma, beta] : [gamma]) checkFeatures('layerNorm', x, parameter);
      const norm = { gamma: plain(gamma), ...(beta && { beta: plain(beta) }) };
      return lower(A.layerNorm(SITE, lift(x), norm, epsilon));
    },
    rmsNorm: (x, gamma, epsilon = DEFAULT_EPSILON) => {
      checkFeatures('rmsNorm', x, gamma);
      return lower(A.rmsNorm(SITE, lift(x), { gamma: plain(gamma) }, epsilon));
    },
    gelu: (x, form = 'tanh') => lower(A.gelu(SITE, lift(x), form)),
    silu: (x) => lower(A.silu(SITE, lift(x))),
    attention: (q, k, v, { causal = false } = {}) => {
      const [query, key, value] = [q, k, v].map((a) => A.lift(fourAxes(plain(a))));
      const [queries, width] = A.shape(query).slice(-2);
      const mask = causal ? causalOver(A.shape(query), A.shape(key)) : undefined;
      const scale: RealTable = { shape: [], reals: [sqrtOfRatio(1n, BigInt(width))] };
      const scores = A.multiply(SITE, A.matmul(SITE, query, key, { transposed: true }), A.constants(SITE, scale));
      const options: MatmulOptions = mask === undefined ? {} : { mask };
      const context = A.matmul(SITE, A.softmax(SITE, scores, mask), value, options);
      return lower(A.reshape(context, [...q.shape.slice(0, -2), queries, rowLength(v.shape)]));
    },
  };
}

function plain({ shape, data }: PlainArray): Tensor {
  return tensor(shape, data instanceof Float32Array ? data : Float64Array.from(data));
}

function fourAxes(a: Tensor): Tensor {
  if (a.shape.length < 2 || a.shape.length > 4) {
    throw new InputError(`attention: expected 2 to 4 axes, [batch, heads, tokens, d], got the shape [${a.shape}]`);
  }
  return { shape: [...new Array<number>(4 - a.shape.length).fill(1), ...a.shape], data: a.data };
}

function causalOver([batch, , queries]: readonly number[], [, , keys]: readonly number[]): KeyMask {
  if (queries !== keys)
    throw new InputError(`attention: causal expects as many keys as queries, got ${keys} and ${queries}`);
  return causalMask(new Array(batch).fill({ start: 0, end: keys }), keys);
}

function checkFeatures(where: string, x: PlainArray, parameter: PlainArray): void {
  const features = rowLength(x.shape);
  if (parameter.shape.length !== 1 || parameter.shape[0] !== features) {
    throw new InputError(`${where}: expected parameters of shape [${features}], got [${parameter.shape}]`);
  }
}

function checkLinear(
  x: PlainArray,
  weight: PlainArray,
  bias: PlainArray | undefined,
  layout: 'out-in' | 'in-out',
): void {
  const [out, input] = layout === 'out-in' ? weight.shape : [weight.shape[1], weight.shape[0]];
  if (weight.shape.length !== 2 || input !== rowLength(x.shape)) {
    throw new InputError(
      `linear: expected a weight ${layout === 'out-in' ? '[out, in]' : '[in, out]'} for x [${x.shape}], got [${weight.shape}]`,
    );
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
    throw new InputError(`linear: expected a bias of shape [${out}], got [${bias.shape}]`);
  }
}

/** How far `computed` lies from `reference`, each row along the last axis. */
export interface ComparisonOfArrays {
  readonly relFrobenius: number;
  readonly relLinf: Quantiles;
  readonly relComponentwise: Quantiles;
  readonly absLinf: Quantiles;
}

/**
 * The metrics of an analysis on two arrays, in float64.
 * @throws InputError where the shapes differ
 */
export function compare(computed: PlainArray, reference: PlainArray): ComparisonOfArrays {
  if (computed.shape.join() !== reference.shape.join()) {
    throw new InputError(`compare: expected equal shapes, got [${computed.shape}] and [${reference.shape}]`);
  }
  const [a, b] = [plain(computed).data, plain(reference).data];
  const difference = Float64Array.from(a, (x, i) => x - b[i]);
  const width = rowLength(reference.shape);
  const rows = Array.from({ length: sizeOf(reference.shape) / width }, (_, r) => ({
    start: r * width,
    end: (r + 1) * width,
  }));
  const errors = rows.map((row) => rowErrors(difference, b, row));
  return {
    relFrobenius: ratio(norm2(difference, rows), norm2(b, rows)),
    relLinf: quantilesOf(errors.map(({ relLinf }) => relLinf)),
    relComponentwise: quantilesOf(errors.map(({ relComponentwise }) => relComponentwise)),
    absLinf: quantilesOf(errors.map(({ absLinf }) => absLinf)),
  };
}
