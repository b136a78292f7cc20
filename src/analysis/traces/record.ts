/** Runs a decoder once under a policy and hands out its taps as they come. */
import type { Format } from '../../formats/index.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import type { Batch } from '../../model/program/batch.ts';
import { DecoderProgram } from '../../model/program/decoder.ts';
import { siteNames, tapShapes } from '../../model/program/taps.ts';
import type { Policy, Tensor } from '../../tensor/index.ts';
import { siteKind } from '../../tensor/policy.ts';
import { policyFor, reportedTaps } from '../analyze.ts';
import { computedArithmetic } from '../computed.ts';
import { Deliveries, untilDecided } from '../decided.ts';
import { checkedBatch, type OpenBackend, type Progress } from '../options.ts';
import { Run } from '../run.ts';
import { steps } from '../steps.ts';
import type { TapHeader } from './trace.ts';

export interface RecordOptions {
  /** Default `bf16`. */
  readonly policy?: string | undefined;
  readonly pad?: 'left' | 'right' | undefined;
  /** Default: the model's padding token, else its end-of-text token, else 0. */
  readonly padToken?: number | undefined;
  /** Taps to hand out, `*` for any characters; default all. */
  readonly taps?: readonly string[] | undefined;
  readonly backend?: 'cpu' | 'scalar' | OpenBackend | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Awaited between steps. */
  readonly pause?: (() => Promise<void>) | undefined;
}

export interface PlannedTap extends TapHeader {
  readonly name: string;
  /** That of its numbers; masked scores are −Inf even where the format has none. */
  readonly format: Format;
}

/** A run that is checked and not yet begun. */
export interface Recording {
  readonly policy: Policy;
  readonly batch: Batch;
  /** What `run` hands out, in its order. */
  readonly taps: readonly PlannedTap[];
  /** A step's taps are in memory at a time. */
  run(onTap: (name: string, tensor: Tensor) => void | Promise<void>): Promise<void>;
}

/**
 * Plans a run.
 * @param tokens one array a sequence; shorter ones are padded to the longest
 * @throws InputError where the policy, an option or a token is wrong, or a sequence is longer than the model's positions
 */
export function planRecording(
  model: DecoderSource,
  tokens: readonly (readonly number[])[],
  options: RecordOptions = {},
): Recording {
  const { config } = model;
  const policy = policyFor(model, options.policy);
  const batch = checkedBatch(config, tokens, options);
  const wanted = reportedTaps(siteNames(config), options.taps);
  const taps = tapShapes(config, tokens.length, batch.length)
    .filter(({ tap }) => wanted.has(tap))
    .map(({ tap, shape }) => ({ name: tap, shape, format: tapFormat(model, policy, tap) }));
  return {
    ...{ policy, batch, taps },
    run(onTap) {
      const deliveries = new Deliveries();
      const once = deliveries.once(onTap);
      return untilDecided(async () => {
        deliveries.begin();
        const arithmetic = computedArithmetic(options.backend, policy.specFor);
        const run = new Run(new DecoderProgram(config, batch), arithmetic);
        const total = 2 * config.layers + 2;
        let done = 0;
        options.onProgress?.({ done, total, what: 'embed' });
        for await (const step of steps(model)) {
          const values = run.step(step);
          for (const { tap, value } of values) {
            if (wanted.has(tap)) await once(tap, await run.arithmetic.lower(value));
          }
          run.release(values.map(({ value }) => value));
          done++;
          options.onProgress?.({ done, total, what: values.at(-1)?.tap ?? '' });
          await options.pause?.();
        }
      });
    },
  };
}

/** A site's results are of its `out`; a relu rounds nothing and leaves them as they were. */
function tapFormat({ config }: DecoderSource, policy: Policy, tap: string): Format {
  const unrounded = siteKind(tap) === 'mlp_act' && config.activation === 'relu' && !config.gated;
  return policy.specFor(unrounded ? tap.replace(/mlp_act$/, 'mlp_up') : tap).out;
}
