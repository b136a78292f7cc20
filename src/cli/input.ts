/** The model and the tokens of a run, from the command's options. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { InputError } from '../formats/index.ts';
import type { DecoderSource, Tokenizer } from '../model/decoder-source.ts';
import { type RandomDecoderOptions, randomDecoder } from '../model/random/random-decoder.ts';
import { randomTokens } from '../model/random/random-tokens.ts';
import { loadCheckpoint } from '../platform/node-checkpoint.ts';

export interface TokenOptions {
  readonly text?: string;
  readonly tokens?: number[][];
  readonly file?: string;
  readonly length?: number;
  readonly batch?: number;
}

const decoderOptions = [
  ...(['layers', 'width', 'heads', 'kvHeads', 'mlpWidth', 'vocabulary'] as const),
  ...(['normPlacement', 'queryKeyGain', 'embeddingScale'] as const),
] as const;

export interface DecoderOptions extends Pick<RandomDecoderOptions, 'seed' | (typeof decoderOptions)[number]> {
  readonly style?: 'gpt2' | 'llama';
}

export const DEFAULT_LENGTH = 128;
/** The most tokens of a run; models reach their other limits long before. */
const MOST_TOKENS = 2 ** 22;

/** @throws InputError where the checkpoint cannot be used, or an option of random decoders is given beside it */
export async function chooseModel(
  checkpoint: string | undefined,
  options: DecoderOptions & TokenOptions,
): Promise<DecoderSource> {
  const { seed, style } = options;
  const given = Object.fromEntries(
    decoderOptions.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  if (checkpoint !== undefined) {
    const stray = Object.entries({ ...given, style, seed }).find(([, value]) => value !== undefined);
    if (stray === undefined) return loadCheckpoint(checkpoint);
    const name = stray[0].replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    throw new InputError(
      `--${name}: expected without a checkpoint only, got the checkpoint '${checkpoint}'; leave out one of them`,
    );
  }
  const llama: RandomDecoderOptions = {
    norm: 'rmsNorm',
    gated: true,
    activation: 'silu',
    positionEncoding: 'rotary',
    biases: 'none',
  };
  const longest = (options.tokens ?? []).reduce((most, sequence) => Math.max(most, sequence.length), 0);
  return randomDecoder({
    seed: seed ?? 1,
    positions: Math.max(options.length ?? DEFAULT_LENGTH, longest),
    ...(style === 'llama' ? llama : {}),
    ...given,
  });
}

/** @throws InputError where not exactly one source of tokens is given, or it cannot be used with this model */
export function chooseTokens(model: DecoderSource, options: TokenOptions & DecoderOptions): number[][] {
  const { text, tokens, file, length, batch } = options;
  const sources = Object.entries({ '--text': text, '--tokens': tokens, '--file': file }).filter(
    ([, value]) => value !== undefined,
  );
  if (sources.length > 1) {
    throw new InputError(
      `expected one of --text, --tokens and --file, got ${sources.map(([name]) => name).join(' and ')}`,
    );
  }
  if ((length ?? DEFAULT_LENGTH) * (batch ?? 1) > MOST_TOKENS) {
    throw new InputError(
      `--length and --batch: expected at most ${MOST_TOKENS} tokens in all, got ${batch ?? 1} × ${length ?? DEFAULT_LENGTH}`,
    );
  }
  if (tokens !== undefined || text !== undefined) {
    refuse('--batch', batch, 'with --file or a random decoder');
    if (tokens !== undefined) refuse('--length', length, 'with --text, --file or a random decoder');
    return (
      tokens ?? [
        tokenizerOf(model, '--text')
          .encode(text as string)
          .slice(0, length),
      ]
    );
  }
  if (file !== undefined) return tokensOfFile(model, file, length, batch ?? 1);
  if (model.config.family !== 'random') {
    throw new InputError(
      "tokens: expected --text 'some words', --tokens 1,5,9 or --file FILE beside a checkpoint, got none of them",
    );
  }
  return randomTokens(options.seed ?? 1, batch ?? 1, length ?? DEFAULT_LENGTH, model.config.vocabulary);
}

function refuse(option: string, value: unknown, where: string): void {
  if (value !== undefined)
    throw new InputError(`${option}: expected only ${where}, got ${String(value)}; leave it out`);
}

function tokenizerOf(model: DecoderSource, option: string): Tokenizer {
  if (model.tokenizer !== undefined) return model.tokenizer;
  throw new InputError(
    `${option}: expected a checkpoint with a tokenizer.json, got ${model.description} without one; give --tokens instead`,
  );
}

/** Sequences of `length` tokens from the beginning of a file's text, `batch` of them; the last may be shorter. */
function tokensOfFile(model: DecoderSource, path: string, length: number | undefined, batch: number): number[][] {
  const tokenizer = tokenizerOf(model, '--file');
  const each = length ?? Math.min(DEFAULT_LENGTH, model.config.positions);
  const wanted = each * batch;
  const size = sizeOfFile(path);
  // A beginning of the text is enough. What its cut end changes lies within the last tokens: a margin is thrown away.
  for (let bytes = 8 * wanted + 4096; ; bytes *= 4) {
    const found = tokenizer.encode(readStart(path, Math.min(bytes, size)));
    if (bytes < size && found.length < wanted + 64) continue;
    const sequences: number[][] = [];
    for (let at = 0; at < Math.min(found.length, wanted); at += each)
      sequences.push(found.slice(at, Math.min(at + each, wanted)));
    if (sequences.length === 0) throw new InputError(`--file: expected some text, got none in '${path}'`);
    return sequences;
  }
}

function sizeOfFile(path: string): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) return status.size;
  throw new InputError(
    `--file: expected a text file, got ${status === undefined ? 'nothing' : 'no regular file'} at '${path}'`,
  );
}

function readStart(path: string, length: number): string {
  const bytes = new Uint8Array(length);
  const handle = openSync(path, 'r');
  try {
    let filled = 0;
    for (let read = -1; read !== 0 && filled < length; filled += read)
      read = readSync(handle, bytes, filled, length - filled, filled);
    // A character cut at the end becomes U+FFFD, within the margin.
    return new TextDecoder().decode(bytes.subarray(0, filled));
  } finally {
    closeSync(handle);
  }
}
