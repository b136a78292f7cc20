/** The batch that a trace recorded: its tokens where they are known, and where the padding stands. */
import { InputError } from '../../../formats/index.ts';
import type { DecoderConfig } from '../../../model/config.ts';
import type { Batch } from '../../../model/program/batch.ts';
import { tapShapes } from '../../../model/program/taps.ts';
import { causalMask } from '../../../tensor/index.ts';
import { checkTokens } from '../../options.ts';
import type { Trace } from '../trace.ts';

export interface RecordedBatch {
  readonly batch: Batch;
  /** Whether the embedding can be recomputed. */
  readonly hasTokens: boolean;
}

/**
 * @param tokens those of the run, where the trace does not say
 * @throws InputError where the trace has no tap of the model, its taps disagree in shape, or tokens and spans do not fit them
 */
export function recordedBatch(
  config: DecoderConfig,
  trace: Trace,
  tokens: readonly (readonly number[])[] | undefined = trace.metadata.tokens,
): RecordedBatch {
  const known = tapShapes(config, 1, 1).map(({ tap }) => tap);
  const first = known.find((tap) => trace.header(tap) !== undefined);
  if (first === undefined) {
    throw new InputError(
      `${trace.source}: expected a tap of the checkpoint, such as ${known[0]}, got ${trace.taps().slice(0, 3).join(', ') || 'none'}; give a name map`,
    );
  }
  const { shape = [] } = trace.header(first) ?? {};
  const [sequences, length] = [shape[0], shape[shape.length - 2]];
  for (const { tap, shape: expected } of tapShapes(config, sequences, length)) {
    const got = trace.header(tap)?.shape;
    if (got === undefined || (got.length === expected.length && got.every((n, axis) => n === expected[axis]))) continue;
    throw new InputError(`${trace.source}: ${tap}: expected the shape [${expected}], got [${got}]`);
  }
  const where = `${trace.source}: tokens`;
  if (tokens !== undefined) {
    checkTokens(config, tokens);
    if (tokens.length !== sequences)
      throw new InputError(`${where}: expected ${sequences} sequences, got ${tokens.length}`);
  }
  const spans =
    trace.metadata.spans ??
    Array.from({ length: sequences }, (_, s) => ({ start: 0, end: tokens?.[s].length ?? length }));
  const filled = Array.from({ length: sequences }, () => new Array<number>(length).fill(0));
  spans.forEach(({ start, end }, s) => {
    const own = tokens?.[s];
    if (!(start >= 0 && start < end && end <= length) || (own !== undefined && own.length !== end - start)) {
      throw new InputError(
        `${where}: expected sequence ${s} at ${start} to ${end} of ${length} places, got ${own?.length ?? 'no'} tokens`,
      );
    }
    own?.forEach((token, i) => {
      filled[s][start + i] = token;
    });
  });
  const padded = spans.some(({ start, end }) => end - start < length);
  const side = spans.some(({ start }) => start > 0) ? 'left' : 'right';
  const pad = padded ? ({ side, token: 0 } as const) : null;
  return {
    batch: { tokens: filled, length, spans, mask: causalMask(spans, length), pad },
    hasTokens: tokens !== undefined,
  };
}
