/**
 * Paper B's bound through depth, by the recursion of the catalogue's B-4: e ← K·e + h for each half block, all of it
 * componentwise relative: |d̂ᵢ| ≤ e·|xᵢ|, to first order. K is the half block's componentwise condition number
 * max_i (|J||x|)ᵢ/|F(x)ᵢ| with |J| bounded operation by operation, h the relative error that it adds itself. Closed, with
 * α = max K: e ≤ h(α^L − 1)/(α − 1) + α^L·e₀, which grows exponentially wherever α > 1.
 */
import { FirstOrderArithmetic } from '../../arithmetic/first-order/index.ts';
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { batchOf } from '../../model/program/batch.ts';
import { DecoderProgram } from '../../model/program/decoder.ts';
import { halfBlocks, siteNames } from '../../model/program/taps.ts';
import { type Numbers, parsePolicy } from '../../tensor/index.ts';

export interface Recursion {
  /** Layers so far. */
  readonly layer: number;
  /** log10 of the bound e: e itself leaves float64's range. */
  readonly bound: number;
  /** log10 of the product of all K so far. */
  readonly conditions: number;
}

/** One point for each layer. */
export async function errorRecursion(
  decoder: DecoderSource,
  tokens: readonly number[],
  policy: string,
): Promise<Recursion[]> {
  const { config } = decoder;
  const program = new DecoderProgram(config, batchOf([tokens], { token: 0 }));
  const reference = new CpuArithmetic('float64', float64Specs);
  const firstOrder = (specOf: typeof float64Specs) =>
    new FirstOrderArithmetic({ reference, specOf, order: 'declared' });
  const [exact, rounded] = [firstOrder(float64Specs), firstOrder(parsePolicy(policy, siteNames(config)).specFor)];
  const ignore = (): undefined => {};
  const start = program.embed(rounded, await decoder.embedding(), ignore);
  let x = start.centre;
  let bound = Math.log10(largestRatio(rounded.boundOf(start).data, x.data as Numbers));
  let conditions = 0;
  const points: Recursion[] = [];
  for (const half of halfBlocks(config)) {
    const layer = await decoder.layer(half.layer);
    const { shape } = x;
    const size = x.data.length;
    const magnitudes = Float64Array.from({ length: size }, (_, i) => Math.abs(x.data[i]));
    const relative = program.halfBlock(
      exact,
      half,
      layer,
      exact.around({ shape, data: x.data as Numbers }, { shape, data: magnitudes }),
      ignore,
    );
    const none = { shape, data: new Float64Array(size) };
    const own = program.halfBlock(
      rounded,
      half,
      layer,
      rounded.around({ shape, data: x.data as Numbers }, none),
      ignore,
    );
    x = relative.centre;
    const result = x.data as Numbers;
    const K = largestRatio(exact.boundOf(relative).data, result);
    const h = largestRatio(rounded.boundOf(own).data, result);
    // log10(K·e + h), from the larger term.
    const [carried, added] = [bound + Math.log10(K), Math.log10(h)];
    const most = Math.max(carried, added);
    bound = most + Math.log10(10 ** (carried - most) + 10 ** (added - most));
    conditions += Math.log10(K);
    if (half.kind === 'mlp') points.push({ layer: half.layer + 1, bound, conditions });
  }
  return points;
}

function largestRatio(bounds: Numbers, values: Numbers): number {
  let largest = 0;
  for (let i = 0; i < bounds.length; i++) {
    if (bounds[i] > 0) largest = Math.max(largest, bounds[i] / Math.abs(values[i]));
  }
  return largest;
}
