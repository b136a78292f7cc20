/** The options of an analysis, checked: what a script misspells is refused by name. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { SpecOf } from '../arithmetic/softfloat.ts';
import { InputError } from '../formats/index.ts';
import type { DecoderConfig } from '../model/config.ts';
import { type Batch, batchOf } from '../model/program/batch.ts';
import { tapShapes } from '../model/program/taps.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import type { ReferenceName } from './references.ts';
import type { RowRecord } from './rows.ts';

/** Both tensors of a tap, whole: masked and padded entries too. */
export interface TapTensors {
  readonly tap: string;
  readonly computed: Tensor;
  readonly reference: Tensor;
}

export interface Progress {
  /** Units of work; `done` never falls. */
  readonly done: number;
  readonly total: number;
  readonly what: string;
}

/** A backend with a device of its own, such as `GpuBackend`; the caller closes it. */
export interface OpenBackend {
  arithmetic(name: string, specOf: SpecOf): Arithmetic<unknown>;
  /** The reference `double-float` on the device. */
  reference?(): Arithmetic<unknown>;
}

export interface AnalyzeOptions {
  /** Default `bf16`. */
  readonly policy?: string | undefined;
  /** Default `float64`. */
  readonly reference?: ReferenceName | undefined;
  /** The reference's weights: the checkpoint's own (default), or those that the policy's program loads. */
  readonly weights?: 'original' | 'rounded' | undefined;
  /** Where shorter sequences are padded; default `right`. */
  readonly pad?: 'left' | 'right' | undefined;
  /** Default: the model's padding token, else its end-of-text token, else 0. */
  readonly padToken?: number | undefined;
  /** Taps to report, `*` for any characters; default all. */
  readonly taps?: readonly string[] | undefined;
  /** `scalar`: the slow oracle instead of the WebAssembly kernels; or a backend that was opened. The bits are the same. */
  readonly backend?: 'cpu' | 'scalar' | OpenBackend | undefined;
  /** Condition numbers, weight functionals and predictors of every layer: docs/analysis.md. */
  readonly diagnostics?: boolean | undefined;
  /** `name = expression` over the diagnostics' names, a number for each layer; they imply `diagnostics`. */
  readonly formulas?: readonly string[] | undefined;
  /** Also measures the tiers of errors through depth; default false. */
  readonly tiers?: boolean | undefined;
  /** The most tokens that the reference's own uncertainty is measured on; default as many as take a few seconds. */
  readonly uncertaintyTokens?: number | undefined;
  /** Awaited between steps: lets a caller see signals, or a page draw. */
  readonly pause?: (() => Promise<void>) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** In program order. */
  readonly onTap?: ((tensors: TapTensors) => void | Promise<void>) | undefined;
  /** The rows of each reported tap. */
  readonly onRows?: ((rows: readonly RowRecord[]) => void | Promise<void>) | undefined;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const callback: Check = (value) => typeof value === 'function';
const oneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);

const checks: Readonly<Record<keyof AnalyzeOptions, readonly [Check, string]>> = {
  policy: [text, 'a text'],
  reference: [text, 'a text'],
  weights: [oneOf('original', 'rounded'), "'original' or 'rounded'"],
  pad: [oneOf('left', 'right'), "'left' or 'right'"],
  padToken: [Number.isInteger, 'an integer'],
  taps: [texts, 'an array of texts'],
  backend: [
    (value) => value === 'cpu' || value === 'scalar' || callback((value as Partial<OpenBackend> | null)?.arithmetic),
    "'cpu', 'scalar' or an open backend",
  ],
  diagnostics: [(value) => typeof value === 'boolean', 'true or false'],
  formulas: [texts, 'an array of texts'],
  tiers: [(value) => typeof value === 'boolean', 'true or false'],
  uncertaintyTokens: [(value) => Number.isSafeInteger(value) && (value as number) >= 1, 'an integer of at least 1'],
  onProgress: [callback, 'a function'],
  onTap: [callback, 'a function'],
  onRows: [callback, 'a function'],
  pause: [callback, 'a function'],
};

/** @throws InputError where an option is unknown or of the wrong kind */
export function checkOptions(options: AnalyzeOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new InputError(`analyze: expected options of ${Object.keys(checks).join(', ')}, got '${name}'`);
    }
    const [holds, expected] = checks[name as keyof AnalyzeOptions];
    if (value !== undefined && !holds(value)) {
      throw new InputError(
        `analyze: ${name}: expected ${expected}, got ${typeof value === 'string' ? `'${value}'` : typeof value}`,
      );
    }
  }
}

/** @throws InputError unless the tokens are arrays of integers inside the vocabulary, not longer than the positions */
export function checkTokens(
  { vocabulary, positions }: DecoderConfig,
  sequences: readonly (readonly number[])[],
  what = 'token',
): void {
  if (!Array.isArray(sequences) || !sequences.every((sequence) => Array.isArray(sequence))) {
    throw new InputError('tokens: expected an array of sequences, each an array of integers');
  }
  sequences.forEach((sequence, s) => {
    sequence.forEach((token, i) => {
      if (!Number.isInteger(token) || token < 0 || token >= vocabulary) {
        throw new InputError(
          `${what}: expected an integer from 0 to ${vocabulary - 1}, got ${token} (sequence ${s}, place ${i})`,
        );
      }
    });
    if (sequence.length > positions) {
      throw new InputError(
        `tokens: expected at most ${positions}, the model's positions, got ${sequence.length} in sequence ${s}; shorten the text`,
      );
    }
  });
}

/** The most numbers of one tap: 4 GiB in float64. */
export const LARGEST_TAP = 2 ** 29;

/** @throws InputError where a tap would not fit into memory */
export function checkSize(config: DecoderConfig, sequences: readonly (readonly number[])[]): void {
  const length = sequences.reduce((most, sequence) => Math.max(most, sequence.length), 0);
  for (const { tap, shape } of tapShapes(config, sequences.length, length)) {
    if (sizeOf(shape) > LARGEST_TAP) {
      throw new InputError(
        `tokens: expected taps of at most ${LARGEST_TAP} numbers, got ${sizeOf(shape)} in ${tap} for ${sequences.length} sequences of ${length}; take shorter or fewer ones`,
      );
    }
  }
}

/**
 * The sequences side by side. The padding token is the option's, else the model's, else its end-of-text token, else 0.
 * @throws InputError where a token is wrong, a sequence is longer than the model's positions, or a tap would not fit
 */
export function checkedBatch(
  config: DecoderConfig,
  tokens: readonly (readonly number[])[],
  { pad, padToken }: Pick<AnalyzeOptions, 'pad' | 'padToken'>,
): Batch {
  checkTokens(config, tokens);
  checkSize(config, tokens);
  const token = padToken ?? config.padToken ?? config.eosToken ?? 0;
  const batch = batchOf(tokens, { side: pad, token });
  if (batch.pad !== null) checkTokens(config, [[token]], 'padding token');
  return batch;
}
