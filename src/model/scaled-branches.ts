/** A decoder whose branches count more or less: x + s·attention(x), x + s·MLP(x). */
import { sizeOf } from '../tensor/index.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { DecoderSource, Linear } from './decoder-source.ts';

/** `factor` goes into the projections that write to the residual stream, weight and bias, rounded to float32. */
export function withScaledBranches(model: DecoderSource, factor: number): DecoderSource {
  if (factor === 1) return model;
  return {
    ...model,
    description: `${model.description}, branches times ${factor}`,
    embedding: () => model.embedding(),
    head: () => model.head(),
    fileHashes: () => model.fileHashes(),
    layer: async (index) => {
      const layer = await model.layer(index);
      return { ...layer, attentionOutput: scaled(layer.attentionOutput, factor), down: scaled(layer.down, factor) };
    },
  };
}

function scaled({ weight, bias, layout }: Linear, factor: number): Linear {
  return { layout, weight: times(weight, factor), ...(bias && { bias: times(bias, factor) }) };
}

function times({ shape, data }: Tensor, factor: number): Tensor {
  const product = new Float32Array(sizeOf(shape));
  for (let i = 0; i < product.length; i++) product[i] = data[i] * factor;
  return { shape, data: product };
}
