/** A decoder that is fed its sequences piece by piece: a prompt at once, then token by token from a key-value cache. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import { columnsOf } from './batch.ts';
import type { OnTap } from './decoder.ts';
import { forward, type LoadedDecoder } from './forward.ts';
import { KeyValueCache } from './key-value-cache.ts';

export interface GenerationOptions {
  /** The most columns, padding on the left included. */
  readonly capacity: number;
  /** The column of each sequence's first token; default one sequence without padding. */
  readonly starts?: readonly number[];
}

export class Generation<V> {
  private readonly model: LoadedDecoder;
  private readonly arithmetic: Arithmetic<V>;
  private readonly starts: readonly number[];
  private readonly cache: KeyValueCache<V>;
  private fed = 0;

  constructor(model: LoadedDecoder, arithmetic: Arithmetic<V>, { capacity, starts = [0] }: GenerationOptions) {
    this.model = model;
    this.arithmetic = arithmetic;
    this.starts = starts;
    this.cache = new KeyValueCache(capacity);
  }

  /**
   * The logits [sequences, tokens, vocabulary] of the next tokens of each sequence.
   * @throws InputError where the sequences have not equally many tokens, or the cache has no room for them
   */
  feed(tokens: readonly (readonly number[])[], tap: OnTap<V> = () => {}): V {
    const { model, arithmetic, starts, cache } = this;
    const batch = columnsOf(tokens, { first: this.fed, capacity: cache.capacity, starts });
    this.fed += batch.length;
    return forward(model, arithmetic, batch, tap, cache);
  }
}
