/** A decoder's program as a sequence of steps, the parameters of one layer in memory at a time. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { DecoderSource, Head, Layer } from '../model/decoder-source.ts';
import type { DecoderProgram, OnTap } from '../model/program/decoder.ts';
import { type HalfBlock, halfBlocks } from '../model/program/taps.ts';

export interface Step {
  /** The half block that the step is; undefined for the embedding and the head. */
  readonly half: HalfBlock | undefined;
  /** The parameters of the half block's layer. */
  readonly layer?: Layer;
  /** Those of the head, where the step is the head. */
  readonly head?: Head;
  /**
   * Carries the step out, for any batch and in any arithmetic, from the residual stream `before` it (which the
   * embedding does not read).
   */
  readonly compute: <V>(
    program: DecoderProgram,
    arithmetic: Arithmetic<V>,
    before: { readonly stream: V },
    tap: OnTap<V>,
  ) => V;
}

/** The embedding, each half block, and the head, in order. */
export async function* steps(model: DecoderSource): AsyncGenerator<Step> {
  const embedding = await model.embedding();
  yield { half: undefined, compute: (program, A, _, tap) => program.embed(A, embedding, tap) };
  let layer: Layer | undefined;
  for (const half of halfBlocks(model.config)) {
    if (half.kind === 'attention') layer = await model.layer(half.layer);
    const parameters = layer as Layer;
    yield {
      half,
      layer: parameters,
      compute: (program, A, { stream }, tap) => program.halfBlock(A, half, parameters, stream, tap),
    };
  }
  const head = await model.head();
  yield { half: undefined, head, compute: (program, A, { stream }, tap) => program.predict(A, head, stream, tap) };
}
