/** The errors of one decoder's residual stream, and what its score matrices are like. */
import { ratio } from '../../analysis/metrics.ts';
import { queryKeySpectrum } from '../../bounds/attention/query-key.ts';
import type { Matrix } from '../../bounds/inputs.ts';
import type { DecoderSource, Linear } from '../../model/decoder-source.ts';
import type { Numbers } from '../../tensor/index.ts';

/** Of entries [from, to): d = computed − exact. */
export interface StreamErrors {
  /** max |dᵢ|/|xᵢ|. */
  readonly componentwise: number;
  /** |dᵢ|/|xᵢ| of the last token's first entry. */
  readonly entry: number;
  /** ‖d‖_F/‖x‖_F. */
  readonly normwise: number;
}

/** Infinite where a computed number is not finite. */
export function streamErrors(exact: Numbers, computed: Numbers, from: number, to: number, width: number): StreamErrors {
  let [componentwise, squares, size] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const error = Math.abs(computed[i] - exact[i]);
    if (!Number.isFinite(error)) {
      return {
        componentwise: Number.POSITIVE_INFINITY,
        entry: Number.POSITIVE_INFINITY,
        normwise: Number.POSITIVE_INFINITY,
      };
    }
    componentwise = Math.max(componentwise, ratio(error, Math.abs(exact[i])));
    squares += error ** 2;
    size += exact[i] ** 2;
  }
  const last = to - width;
  return {
    componentwise,
    entry: ratio(Math.abs(computed[last] - exact[last]), Math.abs(exact[last])),
    normwise: Math.sqrt(squares / size),
  };
}

/** σ_max and κ of W_kᵀW_q: geometric means over the layers. */
export async function scoreSpectrum(decoder: DecoderSource): Promise<{ sigmaMax: number; kappa: number }> {
  const { layers } = decoder.config;
  let [sigma, kappa] = [0, 0];
  for (let i = 0; i < layers; i++) {
    const { key, query } = await decoder.layer(i);
    const { largest, condition } = queryKeySpectrum(matrixOf(key), matrixOf(query));
    sigma += Math.log(largest) / layers;
    kappa += Math.log(condition) / layers;
  }
  return { sigmaMax: Math.exp(sigma), kappa: Math.exp(kappa) };
}

function matrixOf({ weight: { shape, data } }: Linear): Matrix {
  return { rows: shape[0], columns: shape[1], data: Float64Array.from(data) };
}
