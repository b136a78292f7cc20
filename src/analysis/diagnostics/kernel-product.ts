/** Products of matrices in the float64 kernels, for what is found of them in bounds. */
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { Matrix } from '../../bounds/inputs.ts';
import type { Product } from '../../bounds/spectra/product.ts';

const arithmetic = new CpuArithmetic('float64', float64Specs);

/** abᵀ, sums in ascending order: the same bits on any number of threads. */
export const kernelProduct: Product = (a, b) => {
  const lifted = ({ rows, columns, data }: Matrix) => arithmetic.lift({ shape: [rows, columns], data });
  const result = arithmetic.lower(arithmetic.matmul('product', lifted(a), lifted(b), { transposed: true }));
  return { rows: a.rows, columns: b.rows, data: result.data as Float64Array };
};
