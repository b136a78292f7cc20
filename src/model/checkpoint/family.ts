/** What a model family has to say: how its config.json reads, and which tensors its layers are made of. */
import type { DecoderConfig } from '../config.ts';
import type { Embedding, Head, Layer } from '../decoder-source.ts';
import type { JsonObject } from './json.ts';
import type { Parameters } from './parameters.ts';

export interface Family {
  /** `model_type` of its config.json. */
  readonly modelType: string;
  /** The one entry of `architectures` that is implemented. */
  readonly architecture: string;
  /** What the names of all tensors but the head's may begin with. */
  readonly prefix: string;
  /** A tensor that every checkpoint has, without prefix. */
  readonly anchor: string;
  /** Begins the names of a block's tensors, without prefix; its group is the block's index. */
  readonly block: RegExp;
  /** Tensors that some programs save and none reads: masks and tables. */
  readonly buffers: RegExp;
  /** @throws InputError where config.json asks for what is not implemented. */
  describe(raw: JsonObject, where: string): Blueprint;
}

/** One model of a family. Its functions ask for tensors by their full name, `prefix` included. */
export interface Blueprint {
  readonly config: DecoderConfig;
  /** The head is the token embedding. */
  readonly tied: boolean;
  embedding(parameters: Parameters, prefix: string): Promise<Embedding>;
  layer(parameters: Parameters, prefix: string, index: number): Promise<Layer>;
  head(parameters: Parameters, prefix: string): Promise<Head>;
}
