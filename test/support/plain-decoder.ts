/** A decoder's parameters as rows of numbers. */
import type { DecoderSource, Linear, Norm } from '../../src/model/decoder-source.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import type { PlainDecoder, PlainLayer, PlainLinear, PlainNorm, Rows } from './slow-diagnostics.ts';

const rowsOf = ({ shape: [rows, columns], data }: Tensor): Rows =>
  Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

const linear = ({ weight, layout, bias }: Linear): PlainLinear => {
  const rows = rowsOf(weight);
  return {
    weight: layout === 'out-in' ? rows : rows[0].map((_, j) => rows.map((row) => row[j])),
    ...(bias && { bias: [...bias.data] }),
  };
};
const norm = ({ gamma, beta }: Norm): PlainNorm => ({ gamma: [...gamma.data], ...(beta && { beta: [...beta.data] }) });

/** @throws where the decoder rotates, or has an activation that the slow evaluation lacks */
export async function plainDecoder(model: DecoderSource): Promise<PlainDecoder> {
  const { config } = model;
  const { activation } = config;
  if (config.positionEncoding === 'rotary' || (activation !== 'gelu-tanh' && activation !== 'silu'))
    throw new Error('the slow evaluation knows no such decoder');
  const { token, position } = await model.embedding();
  const layers: PlainLayer[] = [];
  for (let l = 0; l < config.layers; l++) {
    const layer = await model.layer(l);
    layers.push({
      ...(layer.inputNorm && { inputNorm: norm(layer.inputNorm) }),
      postNorm: norm(layer.postNorm),
      ...{ query: linear(layer.query), key: linear(layer.key), value: linear(layer.value) },
      out: linear(layer.attentionOutput),
      ...{ up: linear(layer.up), down: linear(layer.down) },
      ...(layer.gate && { gate: linear(layer.gate) }),
    });
  }
  return {
    token: rowsOf(token),
    ...(position && { position: rowsOf(position) }),
    layers,
    ...{ heads: config.heads, kvHeads: config.kvHeads },
    ...{ norm: config.norm, epsilon: config.normEpsilon, placement: config.normPlacement, activation },
  };
}
