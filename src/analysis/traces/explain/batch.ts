/** The batch that a trace recorded, with its tokens where they are known. */
import { InputError } from '../../../formats/index.ts';
import type { DecoderConfig } from '../../../model/config.ts';
import type { Batch } from '../../../model/program/batch.ts';
import { siteNames, tapShapes } from '../../../model/program/taps.ts';
import { checkTokens } from '../../options.ts';
import type { Trace } from '../trace.ts';

export interface RecordedBatch {
  readonly batch: Batch;
  /** Whether the tokens of every sequence that has some are known, so that the embedding can be recomputed. */
  readonly hasTokens: boolean;
}

/** @throws InputError where the trace has no tap of the model */
export function checkTaps(config: DecoderConfig, trace: Trace): void {
  const names = siteNames(config);
  if (names.some((tap) => trace.header(tap) !== undefined)) return;
  const got = trace.taps().slice(0, 3).join(', ') || 'none';
  throw new InputError(
    `${trace.source}: expected taps of the checkpoint, such as ${names[0]}, got ${got}; give a name map`,
  );
}

/**
 * @param aligned where the sequences stand; undefined where no tap has the axes to say how many there are
 * @param tokens of each sequence, where they are known
 * @throws InputError where a tap has another shape than the model's, or tokens do not fit the spans
 */
export function recordedBatch(
  config: DecoderConfig,
  trace: Trace,
  aligned: Batch | undefined,
  tokens: readonly (readonly number[] | undefined)[],
): RecordedBatch {
  if (aligned === undefined) {
    throw new InputError(
      `${trace.source}: expected taps with axes for sequences and tokens, got none; see docs/semantics.md`,
    );
  }
  const { spans, length } = aligned;
  for (const { tap, shape } of tapShapes(config, spans.length, length)) {
    const got = trace.header(tap)?.shape;
    if (got === undefined || got.join() === shape.join()) continue;
    throw new InputError(`${trace.source}: ${tap}: expected the shape [${shape}] of the checkpoint, got [${got}]`);
  }
  const filled = spans.map(({ start, end }, s) => {
    const row = new Array<number>(length).fill(0);
    const own = tokens[s];
    if (own === undefined) return row;
    checkTokens(config, [own]);
    if (own.length !== end - start) {
      throw new InputError(`${trace.source}: expected ${end - start} tokens in sequence ${s}, got ${own.length}`);
    }
    own.forEach((token, i) => {
      row[start + i] = token;
    });
    return row;
  });
  const hasTokens = spans.every(({ start, end }, s) => start === end || tokens[s] !== undefined);
  return { batch: { ...aligned, tokens: filled }, hasTokens };
}
