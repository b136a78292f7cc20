/**
 * Many models at once: sequence i of a batch meets the i-th of a stack of weights. Shapes that are small cost little
 * more by the hundred than one by one.
 */
import { sizeOf } from '../tensor/index.ts';
import type { Arithmetic, Linear } from './arithmetic.ts';

/**
 * The interpreter with linear layers whose weight is [sequences, out, in] and which have no bias, for x of
 * [sequences, tokens, in]. They are matmuls with the weights as they are, which has the bits of `linear` for each sequence
 * where the site rounds to nearest even (other modes round weights and activations differently) and multiplies plainly (not in
 * 8-bit integers). Other layers are the interpreter's own.
 */
export function withStackedWeights<V>(arithmetic: Arithmetic<V>): Arithmetic<V> {
  const linear = (site: string, x: V, layer: Linear): V => {
    const { weight, layout, bias } = layer;
    if (weight.shape.length === 2) return arithmetic.linear(site, x, layer);
    const [sequences, tokens, inputs] = arithmetic.shape(x);
    const [stack, rows, columns] = weight.shape;
    const transposed = layout === 'out-in';
    if (stack !== sequences || bias !== undefined || inputs !== (transposed ? columns : rows)) {
      throw new Error(
        `stacked weights: [${weight.shape}] do not fit a value of [${arithmetic.shape(x)}], or have a bias`,
      );
    }
    const heads = arithmetic.reshape(x, [sequences, 1, tokens, inputs]);
    const weights = arithmetic.lift({ shape: [stack, 1, rows, columns], data: weight.data });
    const product = arithmetic.matmul(site, heads, weights, { transposed });
    return arithmetic.reshape(product, [sequences, tokens, sizeOf(weight.shape) / stack / inputs]);
  };
  return Object.assign(Object.create(arithmetic) as Arithmetic<V>, { linear });
}
