/** A decoder's whole forward pass in one call, all of its parameters in memory. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import type { DecoderConfig } from '../config.ts';
import type { DecoderSource, Embedding, Head, Layer } from '../decoder-source.ts';
import type { Batch } from './batch.ts';
import { DecoderProgram, type OnTap } from './decoder.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { halfBlocks } from './taps.ts';

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

/** The logits [sequences, columns, vocabulary] of a batch; of later columns with the cache of those before them. */
export function forward<V>(
  { config, embedding, layers, head }: LoadedDecoder,
  A: Arithmetic<V>,
  batch: Batch,
  tap: OnTap<V>,
  cache?: KeyValueCache<V>,
): V {
  const program = new DecoderProgram(config, batch);
  let x = program.embed(A, embedding, tap);
  for (const half of halfBlocks(config)) x = program.halfBlock(A, half, layers[half.layer], x, tap, cache);
  return program.predict(A, head, x, tap);
}
