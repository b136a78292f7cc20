/**
 * Attention rows whose rounding is biased, as in arXiv 2510.04212: the row maximum is repeated, so that P = exp(S − m) is 1
 * more than once; values have one sign and binade, so that the sum of two of them is half the time a tie of the format; and
 * the tail of small terms, of the same sign, breaks every tie away from zero.
 */
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { type BinaryFormat, formats } from '../../formats/index.ts';
import { normalNumbers } from '../../model/random/normal.ts';
import { uniformNumbers } from '../../model/random/uniform.ts';
import { type Numbers, parsePolicy, type Tensor } from '../../tensor/index.ts';

export const variants = ['repeated maximum', 'no tail', 'values of both signs', 'one maximum', 'shift moved'] as const;
export type Variant = (typeof variants)[number];

export interface RowsOptions {
  readonly seed: number;
  readonly format: BinaryFormat;
  readonly rows: number;
  readonly keys: number;
  readonly features: number;
  /** Least distance of the tail's scores from the maximum; they spread over 2 more. */
  readonly gap: number;
}

/**
 * Signed errors (ô − o)/|o| in units of u, [rows, features], of o = Σ P v / Σ P: P, in float32, is rounded to the format
 * before it meets V; the products are exact and their sum is taken in float32 and rounded to the format; the division is
 * float32's. o itself is float64's.
 */
export function signedErrors(variant: Variant, options: RowsOptions): Float64Array {
  const { format, rows, keys, features } = options;
  const { scores, shift, values } = dataOf(variant, options);
  const policy = `fp32; context: input=${format.name}, product=exact, out=${format.name}`;
  const computed = output(new CpuArithmetic('computed', parsePolicy(policy).specFor), scores, shift, values);
  const exact = output(new CpuArithmetic('exact', parsePolicy('fp64').specFor), scores, shift, values);
  return Float64Array.from({ length: rows * features }, (_, i) => {
    return (computed[i] - exact[i]) / Math.abs(exact[i]) / format.u;
  });

  function output(A: CpuArithmetic, s: Numbers, m: Numbers, v: Numbers): Numbers {
    const tensor = (shape: number[], data: Numbers): Tensor => ({ shape, data });
    const shifted = A.subtract('probs', A.lift(tensor([rows, 1, 1, keys], s)), A.lift(tensor([rows, 1, 1, 1], m)));
    const p = A.exp('probs', shifted);
    const sums = A.matmul('context', p, A.lift(tensor([rows, 1, keys, features], v)));
    return A.lower(A.divide('out', sums, A.rowSum('probs', p))).data as Numbers;
  }
}

/** Scores and values are numbers of the format. */
function dataOf(variant: Variant, { seed, format, rows, keys, features, gap }: RowsOptions) {
  const maxima = normalNumbers(rows, 'maxima', seed, 2);
  const tail = uniformNumbers(rows * keys, 'tail', seed, gap, gap + 2);
  const repeated = variant === 'one maximum' ? 1 : 2;
  const scores = new Float32Array(rows * keys);
  const shift = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const m = maxima[r];
    // As the authors repair it: twice a positive maximum, or 0.
    shift[r] = variant !== 'shift moved' ? m : m > 0 ? 2 * m : 0;
    for (let k = 0; k < keys; k++) {
      const hidden = variant === 'no tail' ? Number.NEGATIVE_INFINITY : m - tail[r * keys + k];
      scores[r * keys + k] = k < repeated ? m : hidden;
    }
  }
  const size = rows * keys * features;
  const steps = 2 ** format.fractionBits;
  const places = uniformNumbers(size, 'values', seed, 0, steps);
  const signs = variant === 'values of both signs' ? normalNumbers(size, 'signs', seed, 1) : undefined;
  // −2 < v ≤ −1.
  const values = Float32Array.from(places, (x, i) => ((signs?.[i] ?? -1) < 0 ? -1 : 1) * (1 + Math.floor(x) / steps));
  return { scores, shift, values };
}

/** The formats that float32 sums of their products are exact in. */
export const FORMATS = { bf16: formats.bf16, fp16: formats.fp16 } as const;
