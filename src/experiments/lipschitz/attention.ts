/** One causal attention, and its exact local Lipschitz constant in the maximum norm over all tokens. */
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { Matrix } from '../../bounds/inputs.ts';
import { timesTransposed, transposed } from '../../bounds/matrices.ts';
import { normalNumbers } from '../../model/random/normal.ts';
import { sqrtOfRatio } from '../../softfloat/real.ts';
import { causalMask, tensor } from '../../tensor/index.ts';

/** W of y = W·x, a row for each number of the result; the heads one after the other. */
export interface AttentionWeights {
  readonly queryWeight: Matrix;
  readonly keyWeight: Matrix;
  readonly valueWeight: Matrix;
  readonly outWeight: Matrix;
  readonly heads: number;
}

/** Weights N(0, 1/width), those of queries and keys times `gain`. */
export function drawWeights(width: number, heads: number, gain: number, seed: number): AttentionWeights {
  const matrix = (name: string, factor: number): Matrix => ({
    ...{ rows: width, columns: width },
    data: Float64Array.from(normalNumbers(width * width, name, seed, 1 / Math.sqrt(width)), (x) => factor * x),
  });
  return {
    queryWeight: matrix('lipschitz query', gain),
    keyWeight: matrix('lipschitz key', gain),
    valueWeight: matrix('lipschitz value', 1),
    outWeight: matrix('lipschitz out', 1),
    heads,
  };
}

/** One head at one query t, p its probabilities and o = Σ p_s v_s: the parts of ∂(W_O o)/∂x_s. */
interface HeadAt {
  /** W_O W_v, which p_s multiplies: what a value adds. */
  readonly through: Float64Array;
  readonly probability: (s: number) => number;
  /** p_s W_O(v_s − o), which multiplies the change of the score s; valid until the next call. */
  readonly change: (s: number) => Float64Array;
  /** q·W_k/√d, the change of a score with the token of its key. */
  readonly key: Float64Array;
  /** Σ_s p_s W_O(v_s − o) k_s·W_q/√d, the change with the token of the query. */
  readonly query: Float64Array;
}

/** Of each output token the largest row sum of |J|, J the derivative by all tokens: the largest of all is ‖J‖∞. */
export function sensitivities(tokens: Matrix, weights: AttentionWeights): Float64Array {
  const { rows: n, columns: width } = tokens;
  const heads = Array.from({ length: weights.heads }, (_, h) => headOf(tokens, weights, h));
  const block = new Float64Array(width * width);
  return Float64Array.from({ length: n }, (_, t) => {
    const sums = new Float64Array(width);
    const at = heads.map((head) => head(t));
    for (let s = 0; s <= t; s++) {
      block.fill(0);
      for (const { through, probability, change, key, query } of at) {
        const [p, left] = [probability(s), change(s)];
        for (let i = 0, k = 0; i < width; i++)
          for (let j = 0; j < width; j++, k++) block[k] += p * through[k] + left[i] * key[j];
        if (s === t) for (let k = 0; k < block.length; k++) block[k] += query[k];
      }
      for (let i = 0, k = 0; i < width; i++) for (let j = 0; j < width; j++, k++) sums[i] += Math.abs(block[k]);
    }
    return sums.reduce((a, b) => Math.max(a, b));
  });
}

function headOf(tokens: Matrix, weights: AttentionWeights, h: number): (t: number) => HeadAt {
  const { rows: n, columns: width } = tokens;
  const d = weights.queryWeight.rows / weights.heads;
  const ofHead = ({ columns, data }: Matrix): Matrix => ({
    ...{ rows: d, columns },
    data: data.subarray(h * d * columns, (h + 1) * d * columns),
  });
  const [queryWeight, keyWeight, valueWeight] = [weights.queryWeight, weights.keyWeight, weights.valueWeight].map(
    ofHead,
  );
  const out = transposed(ofHead(transposed(weights.outWeight)));
  const [q, k, v] = [queryWeight, keyWeight, valueWeight].map((weight) => timesTransposed(tokens, weight));
  const P = probabilities(q, k);
  // W_O v_s and W_O o_t, a row each.
  const values = timesTransposed(v, out).data;
  const means = new Float64Array(n * width);
  for (let t = 0; t < n; t++) {
    for (let s = 0; s <= t; s++)
      for (let i = 0; i < width; i++) means[t * width + i] += P[t * n + s] * values[s * width + i];
  }
  const through = timesTransposed(out, transposed(valueWeight)).data;
  const [toKey, toQuery] = [keyWeight, queryWeight].map(transposed);
  const change = new Float64Array(width);
  return (t) => {
    const changeOf = (s: number): Float64Array => {
      for (let i = 0; i < width; i++) change[i] = P[t * n + s] * (values[s * width + i] - means[t * width + i]);
      return change;
    };
    const mixed = new Float64Array(width * d);
    for (let s = 0; s <= t; s++) {
      const left = changeOf(s);
      for (let i = 0; i < width; i++) for (let e = 0; e < d; e++) mixed[i * d + e] += left[i] * k.data[s * d + e];
    }
    const perRoot = (x: number) => x / Math.sqrt(d);
    const query: Matrix = { rows: 1, columns: d, data: q.data.subarray(t * d, (t + 1) * d) };
    return {
      through,
      probability: (s) => P[t * n + s],
      change: changeOf,
      key: timesTransposed(query, toKey).data.map(perRoot),
      query: timesTransposed({ rows: width, columns: d, data: mixed }, toQuery).data.map(perRoot),
    };
  };
}

/** The causal softmax of qkᵀ/√d. */
function probabilities(q: Matrix, k: Matrix): ArrayLike<number> {
  const A = new CpuArithmetic('float64', float64Specs);
  const [query, key] = [q, k].map(({ rows, columns, data }) => A.lift(tensor([1, 1, rows, columns], data)));
  const mask = causalMask([{ start: 0, end: q.rows }], q.rows);
  const scale = { shape: [], reals: [sqrtOfRatio(1n, BigInt(q.columns))] };
  return A.softmax('probs', A.scores('scores', query, key, scale, mask), mask).data;
}
