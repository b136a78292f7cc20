/** A decoder that is fed its sequences piece by piece: a prompt at once, then token by token from a key-value cache. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import type { DecoderConfig } from '../config.ts';
import type { DecoderSource, Embedding, Head, Layer } from '../decoder-source.ts';
import { columnsOf } from './batch.ts';
import { DecoderProgram, type OnTap } from './decoder.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { halfBlocks } from './taps.ts';

/** All of a decoder's parameters in memory. */
export interface LoadedDecoder {
  readonly config: DecoderConfig;
  readonly embedding: Embedding;
  readonly layers: readonly Layer[];
  readonly head: Head;
}

export async function loadedDecoder(source: DecoderSource): Promise<LoadedDecoder> {
  const layers: Layer[] = [];
  for (let i = 0; i < source.config.layers; i++) layers.push(await source.layer(i));
  return { config: source.config, embedding: await source.embedding(), layers, head: await source.head() };
}

export interface GenerationOptions {
  /** The most columns, padding on the left included. */
  readonly capacity: number;
  /** The column of each sequence's first token; default one sequence without padding. */
  readonly starts?: readonly number[];
}

export class Generation<V> {
  private readonly model: LoadedDecoder;
  private readonly arithmetic: Arithmetic<V>;
  private readonly capacity: number;
  private readonly starts: readonly number[];
  private readonly cache: KeyValueCache<V>;
  private fed = 0;

  constructor(model: LoadedDecoder, arithmetic: Arithmetic<V>, { capacity, starts = [0] }: GenerationOptions) {
    this.model = model;
    this.arithmetic = arithmetic;
    this.capacity = capacity;
    this.starts = starts;
    this.cache = new KeyValueCache(capacity);
  }

  /**
   * The logits [sequences, tokens, vocabulary] of the next tokens of each sequence.
   * @throws InputError where the sequences have not equally many tokens, or the cache has no room for them
   */
  feed(tokens: readonly (readonly number[])[], tap: OnTap<V> = () => {}): V {
    const { model, arithmetic: A, capacity, starts, cache } = this;
    const batch = columnsOf(tokens, { first: this.fed, capacity, starts });
    const program = new DecoderProgram(model.config, batch);
    let x = program.embed(A, model.embedding, tap);
    for (const half of halfBlocks(model.config)) {
      x = program.halfBlock(A, half, model.layers[half.layer], x, tap, cache);
    }
    this.fed += batch.length;
    return program.predict(A, model.head, x, tap);
  }
}
