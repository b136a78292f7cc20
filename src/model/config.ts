/** What a decoder's forward pass needs to know besides its parameters. */

export interface DecoderConfig {
  readonly family: 'gpt2' | 'llama' | 'random';
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Query heads. */
  readonly heads: number;
  /** Key-value heads; divides `heads`. */
  readonly kvHeads: number;
  /** Width of one head. `heads · headWidth` need not be `width`. */
  readonly headWidth: number;
  readonly mlpWidth: number;
  readonly vocabulary: number;
  /** The longest sequence. */
  readonly positions: number;
  readonly norm: 'layerNorm' | 'rmsNorm';
  readonly normEpsilon: number;
  readonly normPlacement: 'pre' | 'post';
  readonly activation: 'gelu-tanh' | 'gelu-erf' | 'silu' | 'relu';
  /** The MLP multiplies the activated gate with the other projection. */
  readonly gated: boolean;
  readonly positionEncoding: 'learned' | 'rotary' | 'none';
  /** θ of the rotary embedding; without meaning for the other encodings. */
  readonly rotaryBase: number;
  readonly bosToken?: number;
  readonly eosToken?: number;
  readonly padToken?: number;
}
