/**
 * Linear layers in 8-bit integers with outlier columns in fp16 (LLM.int8, arXiv 2208.07339), rounding point by rounding
 * point as docs/semantics.md has them. It is composed of a linear in float64, where integers are exact, and one in fp16.
 */
import { formats, InputError } from '../formats/index.ts';
import { scalarsOf } from '../softfloat/scalar.ts';
import { type Numbers, type OperationSpec, type Orders, type Tensor, tensor, uniformSpec } from '../tensor/index.ts';
import type { Arithmetic } from './arithmetic.ts';

type Value = Tensor<ArrayLike<number>>;

/** 127² times so many terms stay below 2^31. */
const MOST_TERMS = Math.floor((2 ** 31 - 1) / 127 ** 2);
/** R32(1/127²). */
const UNIT = Math.fround(1 / 127 ** 2);

const fp16 = scalarsOf({ format: formats.fp16, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' });

/** The specs of the two products: exact integers at `integers`, and fp16 with fp32 sums in the given order at `outliers`. */
export function int8Specs({ order, kernels }: Orders): (site: string) => OperationSpec {
  const integers = uniformSpec(formats.fp64);
  const outliers: OperationSpec = {
    ...uniformSpec(formats.fp32),
    ...{ input: formats.fp16, product: 'exact', order, kernels },
  };
  return (site) => (site === 'integers' ? integers : outliers);
}

/** x [rows, k] and weight [n, k], both numbers of fp16. */
export interface Int8Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly threshold: number;
}

/**
 * x·weightᵀ in fp16, [rows, n]. A column of x with an entry that is not within ±threshold (NaN is not) is an outlier, in all
 * rows.
 * @param A follows `int8Specs`
 * @throws InputError where a sum of products need not fit in 32 bits
 */
export function int8Product<V extends Value>(A: Arithmetic<V>, { x, weight, threshold }: Int8Operands): Float32Array {
  const [[rows, k], [n]] = [x.shape, weight.shape];
  if (k > MOST_TERMS) {
    throw new InputError(`linear=int8: expected at most ${MOST_TERMS} terms, which 32 bits hold the sum of, got ${k}`);
  }
  const outliers = outlierColumns(x, threshold);
  const kept = Array.from({ length: k }, (_, j) => j).filter((j) => !outliers.includes(j));
  const product = (site: string, a: Tensor, b: Tensor): ArrayLike<number> | undefined =>
    a.shape[1] === 0 ? undefined : A.linear(site, A.lift(a), { weight: b, layout: 'out-in' }).data;

  const [left, right] = [quantised(select(x, kept)), quantised(select(weight, kept))];
  const integers = product('integers', left.integers, right.integers);
  const others = product('outliers', select(x, outliers), select(weight, outliers));
  return Float32Array.from({ length: rows * n }, (_, i) => {
    const scales = [left.scales[Math.floor(i / n)], right.scales[i % n]];
    const main = integers === undefined ? 0 : dequantised(integers[i], scales[0], scales[1]);
    return fp16.add(main, others === undefined ? 0 : others[i]);
  });
}

/** R32(R32(R32(R32(sum)·c)·scale of the row)·scale of the column): float64 holds each product exactly. */
function dequantised(sum: number, rowScale: number, columnScale: number): number {
  return Math.fround(Math.fround(Math.fround(Math.fround(sum) * UNIT) * rowScale) * columnScale);
}

export function outlierColumns({ shape: [, k], data }: Tensor, threshold: number): number[] {
  const found = new Set<number>();
  for (let i = 0; i < data.length; i++) if (!(Math.abs(data[i]) <= threshold)) found.add(i % k);
  return [...found].sort((a, b) => a - b);
}

/** Some columns of a matrix. */
function select({ shape: [rows, k], data }: Tensor, columns: readonly number[]): Tensor {
  const width = columns.length;
  const part = Float64Array.from(
    { length: rows * width },
    (_, i) => data[Math.floor(i / width) * k + columns[i % width]],
  );
  return tensor([rows, width], part);
}

/** Each row's largest magnitude, and 127 times the row over it, to the nearest integers, ties to even. */
function quantised({ shape, data }: Tensor): { integers: Tensor; scales: Float64Array } {
  const [rows, k] = shape;
  const scales = new Float64Array(rows);
  data.forEach((entry, i) => {
    const row = Math.floor(i / k);
    scales[row] = Math.max(scales[row], Math.abs(entry));
  });
  // 127x is exact, and a quotient of such numbers within 2^−42 of a tie is one: float64 errs by less.
  const integers = (data as Float64Array).map((entry, i) => {
    const scale = scales[Math.floor(i / k)];
    return scale === 0 ? 0 : nearestEven((127 * entry) / scale);
  });
  return { integers: tensor(shape, integers as Numbers), scales };
}

/** The nearest integer of |x| ≤ 127, ties to even: adding 1.5·2^52 leaves no place for a fraction. */
function nearestEven(x: number): number {
  return x + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
}
