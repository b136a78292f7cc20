/** Single operations on plain arrays, in any arithmetic: what a researcher scripts checks with. */
import type { Arithmetic, MatmulOptions, RealTable } from '../arithmetic/arithmetic.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { InputError } from '../formats/index.ts';
import { siteNames } from '../model/program/taps.ts';
import { randomDecoder } from '../model/random/random-decoder.ts';
import { sqrtOfRatio } from '../softfloat/real.ts';
import {
  causalMask,
  type KeyMask,
  linearObjection,
  type OperationSpec,
  parsePolicy,
  refusedFma,
  rowLength,
  type Tensor,
  tensor,
} from '../tensor/index.ts';
import { errorsOf, type TensorErrors } from './metrics.ts';
import { parseReference, type ReferenceName, referenceArithmetic } from './references.ts';

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

/** The sites that single operations stand for, so that a policy made for a model means the same here. */
const sites = {
  matmul: 'layers.0.matmul',
  linear: 'layers.0.linear',
  scores: 'layers.0.scores',
  probs: 'layers.0.probs',
  context: 'layers.0.context',
  norm: 'layers.0.input_norm',
  activation: 'layers.0.mlp_act',
} as const;

/**
 * Operations rounded as a policy says, each at the site it has in a model: softmax at `layers.0.probs`, norms at
 * `layers.0.input_norm`, activations at `layers.0.mlp_act`, attention at `scores`, `probs` and `context`; `matmul` and
 * `linear` at sites of their own. A spec holds at all of them. Where it rounds stochastically each call takes new random
 * words, which the calls before it, the sites and the seed determine.
 * @example simulate('bf16; order=pairwise').matmul(a, b)
 * @throws InputError where the text is no policy, a pattern matches no site, or fma is asked for in an order without it
 */
export function simulate(spec: string | OperationSpec): Operations {
  return operationsIn(new CpuArithmetic('softfloat', specOf(spec)) as Arithmetic<unknown>);
}

function specOf(spec: string | OperationSpec): (site: string) => OperationSpec {
  if (typeof spec === 'string') {
    const { config } = randomDecoder({ layers: 1, gated: true });
    return parsePolicy(spec, [...new Set([...Object.values(sites), ...siteNames(config)])]).specFor;
  }
  if (spec?.out?.kind === undefined) {
    throw new InputError(
      "simulate: expected a policy such as 'bf16; order=pairwise' or an operation spec, got neither",
    );
  }
  const refused = refusedFma(spec);
  if (refused !== undefined) throw new InputError(`simulate: fma has no ${refused.kind} order`);
  const objection = linearObjection(spec);
  if (objection !== undefined) throw new InputError(`simulate: ${objection}`);
  return () => spec;
}

/** The same operations in a reference arithmetic, results rounded to float64. */
export function reference(name: ReferenceName): Operations {
  return operationsIn(referenceArithmetic(parseReference(name)));
}

const DEFAULT_EPSILON = 1e-5;

function operationsIn(A: Arithmetic<unknown>): Operations {
  const lift = (a: PlainArray): unknown => A.lift(plain(a));
  // Only a GPU answers later, and none is behind these operations.
  const lower = (v: unknown): Tensor => A.lower(v) as Tensor;
  return {
    matmul: (a, b, options) => lower(A.matmul(sites.matmul, lift(a), lift(b), options)),
    linear: (x, weight, bias, layout = 'out-in') => {
      checkLinear(x, weight, bias, layout);
      const layer = { weight: plain(weight), layout, ...(bias && { bias: plain(bias) }) };
      return lower(A.linear(sites.linear, lift(x), layer));
    },
    softmax: (x) => lower(A.softmax(sites.probs, lift(rowsOf('softmax', x)))),
    layerNorm: (x, gamma, beta, epsilon = DEFAULT_EPSILON) => {
      for (const parameter of beta ? [gamma, beta] : [gamma]) checkFeatures('layerNorm', x, parameter);
      const norm = { gamma: plain(gamma), ...(beta && { beta: plain(beta) }) };
      return lower(A.layerNorm(sites.norm, lift(rowsOf('layerNorm', x)), norm, checkEpsilon('layerNorm', epsilon)));
    },
    rmsNorm: (x, gamma, epsilon = DEFAULT_EPSILON) => {
      checkFeatures('rmsNorm', x, gamma);
      const norm = { gamma: plain(gamma) };
      return lower(A.rmsNorm(sites.norm, lift(rowsOf('rmsNorm', x)), norm, checkEpsilon('rmsNorm', epsilon)));
    },
    gelu: (x, form = 'tanh') => lower(A.gelu(sites.activation, lift(x), checkChoice('gelu', form, ['tanh', 'erf']))),
    silu: (x) => lower(A.silu(sites.activation, lift(x))),
    attention: (q, k, v, { causal = false } = {}) => {
      const [query, key, value] = [q, k, v].map((a) => A.lift(fourAxes(plain(a))));
      const [queries, width] = A.shape(query).slice(-2);
      const mask = causal ? causalOver(A.shape(query), A.shape(key)) : undefined;
      const scale: RealTable = { shape: [], reals: [sqrtOfRatio(1n, BigInt(width))] };
      const scores = A.scores(sites.scores, query, key, scale, mask);
      const options: MatmulOptions = mask === undefined ? {} : { mask };
      const context = A.matmul(sites.context, A.softmax(sites.probs, scores, mask), value, options);
      return lower(A.reshape(context, [...q.shape.slice(0, -2), queries, rowLength(v.shape)]));
    },
  };
}

function plain({ shape, data }: PlainArray): Tensor {
  if (data instanceof Float32Array) return tensor(shape, data);
  const stranger = Array.prototype.find.call(data, (x) => typeof x !== 'number');
  if (stranger !== undefined)
    throw new InputError(`data: expected numbers, got ${typeof stranger} ${String(stranger)}`);
  return tensor(shape, Float64Array.from(data));
}

/** @throws InputError where rows have no entries */
function rowsOf(where: string, x: PlainArray): PlainArray {
  if (rowLength(x.shape) >= 1) return x;
  throw new InputError(`${where}: expected rows of at least one entry, got the shape [${x.shape}]`);
}

function checkEpsilon(where: string, epsilon: number): number {
  if (epsilon >= 0 && Number.isFinite(epsilon)) return epsilon;
  throw new InputError(`${where}: expected a finite epsilon of at least 0, got ${epsilon}`);
}

function checkChoice<T extends string>(where: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value;
  throw new InputError(`${where}: expected ${values.join(' or ')}, got '${value}'`);
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
  checkChoice('linear', layout, ['out-in', 'in-out']);
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
export type ComparisonOfArrays = TensorErrors;

/**
 * The metrics of an analysis on two arrays, in float64.
 * @throws InputError where the shapes differ
 */
export function compare(computed: PlainArray, reference: PlainArray): ComparisonOfArrays {
  if (computed.shape.join() !== reference.shape.join()) {
    throw new InputError(`compare: expected equal shapes, got [${computed.shape}] and [${reference.shape}]`);
  }
  const [a, b] = [plain(computed).data, plain(reference).data];
  const width = rowLength(rowsOf('compare', reference).shape);
  const rows = Array.from({ length: b.length / width }, (_, r) => ({ start: r * width, end: (r + 1) * width }));
  const { relFrobenius, relLinf, relComponentwise, absLinf } = errorsOf({ computed: a }, b, rows);
  return { relFrobenius, relLinf, relComponentwise, absLinf };
}
