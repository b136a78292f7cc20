/** Lipschitz constants of a half block's branch in the maximum norm, from the catalogue and the layer's weights. */
import type { Linear } from '../../arithmetic/arithmetic.ts';
import { type BoundValue, bounds } from '../../bounds/index.ts';
import { transposed } from '../../bounds/matrices.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { Layer } from '../../model/decoder-source.ts';
import type { Tensor } from '../../tensor/index.ts';

/** W of y = W·x, a row for each number of the result. */
function matrixOf({ weight, layout }: Linear): Tensor<Float64Array> {
  const [rows, columns] = weight.shape;
  const data = new Float64Array(weight.data);
  if (layout === 'out-in') return { shape: [rows, columns], data };
  const turned = transposed({ rows, columns, data });
  return { shape: [columns, rows], data: turned.data };
}

/** Each of the key-value heads once for each of its query heads. */
function perQueryHead({ shape, data }: Tensor<Float64Array>, { heads, kvHeads }: DecoderConfig): Tensor<Float64Array> {
  if (heads === kvHeads) return { shape, data };
  const size = data.length / kvHeads;
  const repeated = new Float64Array(heads * size);
  for (let h = 0; h < heads; h++) {
    const from = Math.floor((h * kvHeads) / heads) * size;
    repeated.set(data.subarray(from, from + size), h * size);
  }
  return { shape: [(shape[0] / kvHeads) * heads, ...shape.slice(1)], data: repeated };
}

function biasOf({ bias }: Linear): Tensor<Float64Array> | undefined {
  return bias && { shape: bias.shape, data: Float64Array.from(bias.data) };
}

/** The branch's constant for inputs of at most `radius`; undefined where it is not finite. */
export function branchLipschitz(
  config: DecoderConfig,
  layer: Layer,
  kind: 'attention' | 'mlp',
  radius: number,
): number | undefined {
  const result = kind === 'attention' ? attention(config, layer, radius) : mlp(config, layer, radius);
  return result.valid ? (result.guaranteed as number) : undefined;
}

function attention(config: DecoderConfig, layer: Layer, radius: number): BoundValue {
  const [queryBias, keyBias] = [biasOf(layer.query), biasOf(layer.key)];
  return bounds.get('attnLip').evaluate({
    queryWeight: matrixOf(layer.query),
    keyWeight: perQueryHead(matrixOf(layer.key), config),
    valueWeight: perQueryHead(matrixOf(layer.value), config),
    outWeight: matrixOf(layer.attentionOutput),
    heads: config.heads,
    ...(queryBias && { queryBias: queryBias.data }),
    ...(keyBias && { keyBias: perQueryHead(keyBias, config).data }),
    radius,
  });
}

function mlp({ activation }: DecoderConfig, { gate, up, down }: Layer, radius: number): BoundValue {
  const matrices = { up: matrixOf(up), down: matrixOf(down), activation };
  if (gate === undefined) return bounds.get('mlpLip').evaluate(matrices);
  const [gateBias, upBias] = [biasOf(gate), biasOf(up)];
  return bounds.get('gatedMlpLip').evaluate({
    ...matrices,
    gate: matrixOf(gate),
    ...(gateBias && { gateBias: gateBias.data }),
    ...(upBias && { upBias: upBias.data }),
    radius,
  });
}

/** ‖W‖∞ of a linear layer. */
export function rowSumNorm(linear: Linear): number {
  const { shape, data } = matrixOf(linear);
  let largest = 0;
  for (let i = 0; i < shape[0]; i++) {
    let sum = 0;
    for (let j = 0; j < shape[1]; j++) sum += Math.abs(data[i * shape[1] + j]);
    largest = Math.max(largest, sum);
  }
  // Above the rounding of a sum of nonnegative numbers.
  return largest * (1 + shape[1] * 2 ** -52);
}
