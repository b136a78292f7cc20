/** Attention in any arithmetic, as the decoder's program has it: without norms and rotation, with biases where a case has them. */
import type { Arithmetic } from '../../../arithmetic/arithmetic.ts';
import { DoubleDoubleArithmetic } from '../../../arithmetic/double-double.ts';
import { type DD, doubleDouble as dd } from '../../../softfloat/double-double.ts';
import { sqrtOfRatio } from '../../../softfloat/real.ts';
import { causalMask, type KeyMask, type Tensor, tensor } from '../../../tensor/index.ts';
import type { TrialCase } from '../../trial.ts';

export interface AttentionSizes {
  readonly tokens: number;
  readonly width: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly outputs: number;
}

export const exactArithmetic = new DoubleDoubleArithmetic();

export function sizesOf({ scalars }: TrialCase): AttentionSizes {
  const { tokens, width, heads, headWidth, outputs } = scalars;
  return { tokens, width, heads, headWidth, outputs };
}

export function maskOf({ scalars: { causal, tokens } }: TrialCase): KeyMask | undefined {
  return causal === 1 ? causalMask([{ start: 0, end: tokens }], tokens) : undefined;
}

function matrixOf(rows: number, columns: number, data: readonly number[]): Tensor {
  return tensor([rows, columns], Float64Array.from(data));
}

/** R(c·QKᵀ) of q, k [1, heads, tokens, d]. */
export function scoresOf<V>(A: Arithmetic<V>, q: V, k: V, d: number, mask?: KeyMask): V {
  const products = A.matmul('', q, k, { transposed: true });
  const scores = A.multiply('', products, A.constants('', { shape: [], reals: [sqrtOfRatio(1n, BigInt(d))] }));
  return mask === undefined ? scores : A.select(scores, mask, Number.NEGATIVE_INFINITY);
}

/** x [1, tokens, width] through a layer, split into heads: [1, heads, tokens, d]. */
export function projected<V>(
  A: Arithmetic<V>,
  x: V,
  weight: readonly number[],
  sizes: AttentionSizes,
  bias?: readonly number[],
): V {
  const { tokens, width, heads, headWidth } = sizes;
  const layer = {
    weight: matrixOf(heads * headWidth, width, weight),
    layout: 'out-in' as const,
    ...(bias && { bias: tensor([heads * headWidth], Float64Array.from(bias)) }),
  };
  return A.permute(A.reshape(A.linear('', x, layer), [1, tokens, heads, headWidth]), [0, 2, 1, 3]);
}

export type AttentionTaps<V> = Readonly<
  Record<'query' | 'key' | 'value' | 'scores' | 'probabilities' | 'context' | 'output', V>
>;

/** The sublayer's taps for the arrays `tokens`, `queryWeight`, `keyWeight`, `valueWeight` and `outWeight` of a case, and its biases. */
export function attention<V>(A: Arithmetic<V>, trial: TrialCase, tokens = trial.arrays.tokens): AttentionTaps<V> {
  const sizes = sizesOf(trial);
  const { arrays } = trial;
  const x = A.lift(tensor([1, sizes.tokens, sizes.width], Float64Array.from(tokens)));
  const mask = maskOf(trial);
  const [query, key, value] = (['query', 'key', 'value'] as const).map((name) =>
    projected(A, x, arrays[`${name}Weight`], sizes, arrays[`${name}Bias`]),
  );
  const scores = scoresOf(A, query, key, sizes.headWidth, mask);
  const probabilities = A.softmax('', scores, mask);
  const inner = sizes.heads * sizes.headWidth;
  const perHead = A.matmul('', probabilities, value, mask === undefined ? {} : { mask });
  const context = A.reshape(A.permute(perHead, [0, 2, 1, 3]), [1, sizes.tokens, inner]);
  const out = { weight: matrixOf(sizes.outputs, inner, arrays.outWeight), layout: 'out-in' as const };
  return { query, key, value, scores, probabilities, context, output: A.linear('', context, out) };
}

/** |computed − exact| of every entry. */
export function distances(computed: ArrayLike<number>, exact: ArrayLike<DD>): Float64Array {
  return Float64Array.from({ length: exact.length }, (_, k) =>
    Math.abs(dd.sub(dd.fromNumber(computed[k]), exact[k]).hi),
  );
}

/** √Σx², of few numbers within range. */
export function length(values: Float64Array): number {
  return Math.hypot(...values);
}
