/** The weight matrices of attention, head by head. */
import { z } from 'zod';
import { type Matrix, requireEqual } from '../inputs.ts';

export const headCount = z.number().int().positive().optional().describe('H: number of heads (default: 1)');

export interface AttentionWeights {
  readonly queryWeight: Matrix;
  readonly keyWeight: Matrix;
  readonly valueWeight: Matrix;
  readonly outWeight: Matrix;
  readonly heads?: number | undefined;
}

export interface HeadWeights {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
}

/**
 * The rows of each head: contiguous slices.
 * @throws InputError where the matrices do not fit together
 */
export function headWeights({ heads = 1, ...weights }: AttentionWeights): HeadWeights[] {
  const { queryWeight, keyWeight, valueWeight, outWeight } = weights;
  const { rows } = queryWeight;
  requireEqual('keyWeight: as many rows as queryWeight', rows, keyWeight.rows);
  requireEqual('valueWeight: as many rows as queryWeight', rows, valueWeight.rows);
  requireEqual('outWeight: as many columns as queryWeight has rows', rows, outWeight.columns);
  requireEqual('heads: a divisor of the rows of queryWeight; rest', 0, rows % heads);
  const d = rows / heads;
  const slice = ({ columns, data }: Matrix, h: number): Matrix => ({
    rows: d,
    columns,
    data: data.subarray(h * d * columns, (h + 1) * d * columns),
  });
  return Array.from({ length: heads }, (_, h) => ({
    query: slice(queryWeight, h),
    key: slice(keyWeight, h),
    value: slice(valueWeight, h),
  }));
}
