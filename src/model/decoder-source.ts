/**
 * Where a decoder's parameters come from: the interface that the forward pass reads, one layer at a time, and that a
 * checkpoint and the random decoder implement.
 */
import type { Linear, Norm } from '../arithmetic/arithmetic.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { DecoderConfig } from './config.ts';

export type { Linear, Norm };

export interface Layer {
  /** Absent in the first block of a post-norm decoder. */
  readonly inputNorm?: Norm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly attentionOutput: Linear;
  readonly postNorm: Norm;
  readonly up: Linear;
  /** Present exactly where the MLP is gated. */
  readonly gate?: Linear;
  readonly down: Linear;
}

export interface Embedding {
  /** [vocabulary, width] */
  readonly token: Tensor;
  /** [positions, width]; present exactly where positions are learned. */
  readonly position?: Tensor;
}

export interface Head {
  readonly finalNorm: Norm;
  /** Where it is tied: the token embedding itself, as `out-in`. */
  readonly output: Linear;
}

/** Text to tokens and back. All of it throws InputError, also where the tokenizer's own file is wrong. */
export interface Tokenizer {
  /** The tokens of a text, with the special ones that the tokenizer puts around it. */
  encode(text: string): number[];
  /** The text of tokens, without special tokens. */
  decode(ids: readonly number[]): string;
  /** One more than the largest token. */
  readonly vocabulary?: number;
}

/** Parameters as the numbers they are (F64: Float64Array; F32, F16, BF16: Float32Array), read one layer at a time. */
export interface DecoderSource {
  readonly config: DecoderConfig;
  /** The number of parameters; a tied head counts once. */
  readonly parameters: number;
  /** A folder's path as given, or for example `random(seed 1)`. */
  readonly description: string;
  /** Tensors of the file that the program does not use. */
  readonly unusedTensors: readonly string[];
  readonly tokenizer?: Tokenizer;
  /** SHA-256 in hexadecimal by file name, computed on demand; empty where there are no files. */
  fileHashes(): Promise<Record<string, string>>;
  embedding(): Promise<Embedding>;
  /** @throws InputError unless 0 ≤ index < layers. */
  layer(index: number): Promise<Layer>;
  head(): Promise<Head>;
}
