/** One norm of a layer, from its input. */
import { type NormRow, normCondition, normGain, normRow } from '../../bounds/norms/conditions.ts';
import type { Norm } from '../../model/decoder-source.ts';
import type { Tensor } from '../../tensor/index.ts';
import { type Quantiles, quantile, quantilesOf } from '../quantiles.ts';
import type { Row } from '../rows.ts';

export interface NormDiagnostics {
  /** Over tokens, of the number that ε is added to: the variance (LayerNorm) or the mean square (RMSNorm). */
  readonly meanVariance: number;
  readonly medianVariance: number;
  /** C_LN of the median. */
  readonly condition: number;
  /** ‖γ‖∞(ε + 2v)/(v + ε)^1.5‖x‖_F, v the mean. */
  readonly magnitude: number;
  readonly componentwise: Quantiles;
  readonly normwise: Quantiles;
}

/** @param rows the tokens of `input` that count */
export function normDiagnostics(
  kind: 'layerNorm' | 'rmsNorm',
  { gamma }: Norm,
  epsilon: number,
  input: Tensor,
  rows: readonly Row[],
): NormDiagnostics {
  const found = rows.map(({ start, end }): NormRow => {
    return normRow(kind, new Float64Array(input.data.subarray(start, end)), epsilon);
  });
  const variances = Float64Array.from(found, ({ v }) => v).sort();
  const meanVariance = variances.reduce((sum, v) => sum + v, 0) / variances.length;
  const medianVariance = quantile(variances, 0.5);
  const length = Math.sqrt(found.reduce((sum, { squares }) => sum + squares, 0));
  let largestGain = 0;
  for (const g of gamma.data) largestGain = Math.max(largestGain, Math.abs(g));
  return {
    meanVariance,
    medianVariance,
    condition: normCondition(medianVariance, epsilon),
    magnitude: largestGain * normGain(meanVariance, epsilon) * length,
    componentwise: quantilesOf(found.map(({ componentwise }) => componentwise)),
    normwise: quantilesOf(found.map(({ normwise }) => normwise)),
  };
}
