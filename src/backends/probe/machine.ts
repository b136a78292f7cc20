/** An arithmetic under a policy, as the probe uses it: the public operations on plain numbers. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import { contextOf } from '../../arithmetic/softfloat.ts';
import { type Format, fitsFloat32 } from '../../formats/index.ts';
import { exactScalarsOf } from '../../softfloat/exact.ts';
import type { Scalars } from '../../softfloat/scalars.ts';
import { type OperationSpec, parseSpec } from '../../tensor/index.ts';

/** Makes the arithmetic that computes every operation as a spec says. */
export type MakeArithmetic = (spec: OperationSpec) => Arithmetic<unknown>;

export type BinaryName = 'add' | 'subtract' | 'multiply' | 'divide';
export type UnaryName = 'sqrt' | 'exp' | 'tanh' | 'erf';

/** Where every operation happens. */
export const SITE = 'matmul';

export class Machine {
  readonly policy: string;
  readonly spec: OperationSpec;
  readonly format: Format;
  readonly arithmetic: Arithmetic<unknown>;
  private exact: Scalars<number> | undefined;

  constructor(make: MakeArithmetic, policy: string) {
    this.policy = policy;
    this.spec = parseSpec(policy);
    this.format = this.spec.out;
    this.arithmetic = make(this.spec);
  }

  /** What the policy declares: exact operations with one rounding, in a mode that is not stochastic. */
  get oracle(): Scalars<number> {
    this.exact ??= exactScalarsOf(contextOf(this.spec, this.format));
    return this.exact;
  }

  value(shape: readonly number[], numbers: ArrayLike<number>): unknown {
    const data = fitsFloat32(this.format) ? Float32Array.from(numbers) : Float64Array.from(numbers);
    return this.arithmetic.lift({ shape, data });
  }

  async numbers(value: unknown): Promise<ArrayLike<number>> {
    return (await this.arithmetic.lower(value)).data;
  }

  /** The operation on each pair of numbers. */
  async binary(name: BinaryName, x: ArrayLike<number>, y: ArrayLike<number>): Promise<ArrayLike<number>> {
    const [a, b] = [this.value([x.length], x), this.value([y.length], y)];
    return this.numbers(this.arithmetic[name](SITE, a, b));
  }

  async unary(name: UnaryName, x: ArrayLike<number>): Promise<ArrayLike<number>> {
    return this.numbers(this.arithmetic[name](SITE, this.value([x.length], x)));
  }

  /** a·b + c as a product and a sum. */
  async multiplyAdd(
    operation: 'add' | 'subtract',
    a: ArrayLike<number>,
    b: ArrayLike<number>,
    c: ArrayLike<number>,
  ): Promise<ArrayLike<number>> {
    const [x, y, z] = [a, b, c].map((numbers) => this.value([numbers.length], numbers));
    const { arithmetic } = this;
    return this.numbers(arithmetic[operation](SITE, arithmetic.multiply(SITE, x, y), z));
  }

  /** Each of the rows (n numbers each) times a matrix of `columns` columns, each of them `column`; [rows, columns]. */
  async matmul(
    rows: ArrayLike<number>,
    column: ArrayLike<number>,
    columns = 1,
    transposed = false,
  ): Promise<ArrayLike<number>> {
    const n = column.length;
    const data = Float64Array.from({ length: n * columns }, (_, i) =>
      transposed ? column[i % n] : column[Math.floor(i / columns)],
    );
    const a = this.value([rows.length / n, n], rows);
    const b = this.value(transposed ? [columns, n] : [n, columns], data);
    return this.numbers(this.arithmetic.matmul(SITE, a, b, { transposed }));
  }

  async rowSum(rows: ArrayLike<number>, n: number): Promise<ArrayLike<number>> {
    return this.numbers(this.arithmetic.rowSum(SITE, this.value([rows.length / n, n], rows)));
  }
}

/** Numbers as they come for binary operations: pair i is (x[i], y[i]). */
export function pairs(x: readonly number[], y: readonly number[]): [number[], number[]] {
  return [x.flatMap((a) => y.map(() => a)), x.flatMap(() => y)];
}
