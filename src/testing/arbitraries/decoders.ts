/** Small random decoders with tokens for them. */
import type { DecoderSource } from '../../model/decoder-source.ts';
import { type RandomDecoderOptions, randomDecoder } from '../../model/random/random-decoder.ts';
import type { Arbitrary, FastCheck } from './fast-check.ts';

export interface DecoderConstraints {
  /** Default: 2. */
  readonly maxLayers?: number;
  /** The longest sequence. Default: 8. */
  readonly maxTokens?: number;
}

export interface ArbitraryDecoder {
  /** What `randomDecoder` was given. */
  readonly options: RandomDecoderOptions;
  readonly decoder: DecoderSource;
  /** One or two sequences of one length. */
  readonly tokens: readonly (readonly number[])[];
}

/** Decoders of every style, at most 32 wide. A failing one is printed as its options and tokens. */
export function decoder(
  fc: FastCheck,
  { maxLayers = 2, maxTokens = 8 }: DecoderConstraints = {},
): Arbitrary<ArbitraryDecoder> {
  const upTo = (max: number, min = 1): Arbitrary<number> => fc.integer({ min, max });
  const options = fc
    .record({
      seed: fc.nat(),
      layers: upTo(maxLayers),
      kvHeads: upTo(2),
      group: upTo(2),
      // Even, so that rotary embedding has pairs.
      halfHead: upTo(4),
      mlpWidth: upTo(32),
      vocabulary: upTo(50),
      positions: upTo(maxTokens),
      norm: fc.constantFrom('layerNorm', 'rmsNorm'),
      normEpsilon: fc.constantFrom(1e-5, 1e-6, 0.1),
      normPlacement: fc.constantFrom('pre', 'post'),
      activation: fc.constantFrom('gelu-tanh', 'gelu-erf', 'silu', 'relu'),
      gated: fc.boolean(),
      positionEncoding: fc.constantFrom('learned', 'rotary', 'none'),
      initialisation: fc.constantFrom('gpt2', 'normal'),
      queryKeyGain: fc.constantFrom(1, 4),
      biases: fc.constantFrom('none', 'zero', 'normal'),
    })
    .map(({ kvHeads, group, halfHead, ...rest }): RandomDecoderOptions => {
      const heads = kvHeads * group;
      const activation = rest.gated ? 'silu' : rest.activation;
      return { ...rest, activation, kvHeads, heads, width: 2 * halfHead * heads } as RandomDecoderOptions;
    });
  return options.chain((drawn) => {
    const { vocabulary = 1, positions = 1 } = drawn;
    const token = fc.nat({ max: vocabulary - 1 });
    const sequences = upTo(positions).chain((length) =>
      fc.array(fc.array(token, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 2, size: 'max' }),
    );
    return sequences.map((tokens) => ({
      ...{ options: drawn, decoder: randomDecoder(drawn), tokens },
      [fc.toStringMethod]: () => fc.stringify({ options: drawn, tokens }),
    }));
  });
}
