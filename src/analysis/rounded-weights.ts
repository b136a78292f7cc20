/** A decoder whose weights are those that a policy's program loads: measures the arithmetic alone. */
import type { Linear, Norm } from '../arithmetic/arithmetic.ts';
import { parameterContextOf, type SpecOf } from '../arithmetic/softfloat.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { layerPrefix } from '../model/program/taps.ts';
import { scalarsOf } from '../softfloat/scalar.ts';
import type { Tensor } from '../tensor/index.ts';

/** Matrices round to their site's input format, every other parameter to its site's output format, to nearest even. */
export function withRoundedWeights(model: DecoderSource, specOf: SpecOf): DecoderSource {
  const rounded = (site: string, role: 'input' | 'out', tensor: Tensor): Tensor => {
    const spec = specOf(site);
    const { fromNumber } = scalarsOf(parameterContextOf(spec, spec[role]));
    return { shape: tensor.shape, data: Float64Array.from(tensor.data, fromNumber) };
  };
  const linear = (site: string, { weight, layout, bias }: Linear): Linear => ({
    weight: rounded(site, 'input', weight),
    layout,
    ...(bias && { bias: rounded(site, 'out', bias) }),
  });
  const norm = (site: string, { gamma, beta }: Norm): Norm => ({
    gamma: rounded(site, 'out', gamma),
    ...(beta && { beta: rounded(site, 'out', beta) }),
  });
  return {
    ...model,
    fileHashes: () => model.fileHashes(),
    embedding: async () => {
      const { token, position } = await model.embedding();
      return {
        token: rounded('embed', 'out', token),
        ...(position && { position: rounded('embed', 'out', position) }),
      };
    },
    layer: async (index) => {
      const layer = await model.layer(index);
      const site = (name: string): string => layerPrefix(index) + name;
      return {
        ...(layer.inputNorm && { inputNorm: norm(site('input_norm'), layer.inputNorm) }),
        query: linear(site('query'), layer.query),
        key: linear(site('key'), layer.key),
        value: linear(site('value'), layer.value),
        attentionOutput: linear(site('attn_out'), layer.attentionOutput),
        postNorm: norm(site('post_norm'), layer.postNorm),
        up: linear(site('mlp_up'), layer.up),
        ...(layer.gate && { gate: linear(site('mlp_gate'), layer.gate) }),
        down: linear(site('mlp_out'), layer.down),
      };
    },
    head: async () => {
      const { finalNorm, output } = await model.head();
      return { finalNorm: norm('final_norm', finalNorm), output: linear('logits', output) };
    },
  };
}
