/** What the texts of a file, and its arrays of token numbers and of the attention mask, say about a run. */
import { type Format, formatOrUndefined, InputError } from '../../formats/index.ts';
import { keyTwice } from '../../model/checkpoint/json.ts';
import { quote, show } from '../../model/checkpoint/show.ts';
import type { Span } from '../../tensor/index.ts';
import type { TensorFile } from './files/tensor-file.ts';
import type { TraceMetadata } from './trace.ts';

/** Arrays [sequences, tokens] that are no taps. */
export const TOKENS = 'input_ids';
export const MASK = 'attention_mask';

/** The first word of a producer in lower case: `PyTorch float32` is `pytorch`. */
function producerOf(texts: ReadonlyMap<string, string>): string {
  const word = /^[a-z0-9_-]+/.exec((texts.get('producer') ?? '').trim().toLowerCase())?.[0];
  return word ?? (texts.get('format') === 'pt' ? 'pytorch' : 'unknown');
}

function jsonOf(text: string, where: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const twice = keyTwice(text);
    if (twice === undefined) return value;
  } catch {
    // Refused below, as a key twice is.
  }
  throw new InputError(`${where}: expected JSON without a key twice, got ${quote(text)}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function tokensOf(text: string, where: string): number[][] {
  const value = jsonOf(text, where);
  if (Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length > 0 && row.every(isCount))) {
    return value;
  }
  throw new InputError(`${where}: expected an array of sequences of token numbers, got ${show(value)}`);
}

function spansOf(text: string, where: string): Span[] {
  const value = jsonOf(text, where);
  const isSpan = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every(isCount) && pair[0] < pair[1];
  if (Array.isArray(value) && value.every(isSpan)) return value.map(([start, end]) => ({ start, end }));
  throw new InputError(`${where}: expected an array of [start, end] with start < end, got ${show(value)}`);
}

/**
 * The formats of taps whose numbers are those of a narrower format than the one they are stored in, by name.
 * @throws InputError where it is no object of formats
 */
export function declaredFormats(texts: ReadonlyMap<string, string>, where: string): ReadonlyMap<string, Format> {
  const text = texts.get('formats');
  if (text === undefined) return new Map();
  const value = jsonOf(text, `${where}: formats`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${where}: formats: expected an object of formats by tap, got ${show(value)}`);
  }
  return new Map(
    Object.entries(value).map(([tap, name]) => {
      const format = typeof name === 'string' ? formatOrUndefined(name) : undefined;
      if (format === undefined) {
        throw new InputError(`${where}: formats: ${quote(tap)}: expected a format such as bf16, got ${show(name)}`);
      }
      return [tap, format];
    }),
  );
}

/** Numbers of heads, which a name map may ask for. */
export interface Heads {
  readonly heads?: number;
  readonly kvHeads?: number;
}

/** @throws InputError where a number of heads is none */
export function headsOf(texts: ReadonlyMap<string, string>, where: string): Heads {
  const count = (key: 'heads' | 'kvHeads'): Heads => {
    const text = texts.get(key);
    if (text === undefined) return {};
    const n = Number(text);
    if (/^\d{1,6}$/.test(text) && n > 0) return { [key]: n };
    throw new InputError(`${where}: ${key}: expected an integer of at least 1, got ${quote(text)}`);
  };
  return { ...count('heads'), ...count('kvHeads') };
}

/**
 * The metadata of files that are one trace: each text, the token numbers and the mask from the first file that has it.
 * @throws InputError where one of them is wrong, or the spans and the sequences do not agree
 */
export async function readTraceMetadata(files: readonly TensorFile[]): Promise<TraceMetadata> {
  const texts = new Map([...files].reverse().flatMap(({ metadata }) => [...metadata]));
  const where = files[0].where;
  const policy = texts.get('policy');
  const tokensText = texts.get('tokens');
  const spansText = texts.get('spans');
  let tokens = tokensText === undefined ? undefined : tokensOf(tokensText, `${where}: tokens`);
  let spans = spansText === undefined ? undefined : spansOf(spansText, `${where}: spans`);
  const mask = await rowsOf(files, MASK);
  if (spans === undefined && mask !== undefined)
    spans = mask.map((row, s) => spanOfMask(row, `${where}: ${MASK}[${s}]`));
  const ids = await rowsOf(files, TOKENS);
  if (tokens === undefined && ids !== undefined) {
    if (mask !== undefined && (mask.length !== ids.length || mask[0]?.length !== ids[0]?.length)) {
      throw new InputError(`${where}: ${MASK}: expected the shape of ${TOKENS}, got another`);
    }
    tokens = ids.map((row, s) => [...(spans === undefined ? row : row.slice(spans[s]?.start, spans[s]?.end))]);
  }
  if (tokens !== undefined && spans !== undefined) checkAgree(tokens, spans, where);
  return {
    producer: producerOf(texts),
    ...(policy !== undefined && { policy }),
    ...(tokens !== undefined && { tokens }),
    ...(spans !== undefined && { spans }),
  };
}

function checkAgree(tokens: readonly (readonly number[])[], spans: readonly Span[], where: string): void {
  if (tokens.length === spans.length && tokens.every(({ length }, s) => length === spans[s].end - spans[s].start))
    return;
  throw new InputError(`${where}: expected a span as long as its sequence for each, got others; record them again`);
}

async function rowsOf(files: readonly TensorFile[], name: string): Promise<number[][] | undefined> {
  const file = files.find(({ tensors }) => tensors.has(name));
  const tensor = file?.tensors.get(name);
  if (file === undefined || tensor === undefined) return undefined;
  const [sequences, length] = tensor.shape;
  if (tensor.shape.length !== 2 || sequences * length === 0) {
    throw new InputError(`${file.where}: ${name}: expected the shape [sequences, tokens], got [${tensor.shape}]`);
  }
  const numbers = await file.read(name);
  if (!numbers.every(isCount))
    throw new InputError(`${file.where}: ${name}: expected integers of at least 0, got others`);
  return Array.from({ length: sequences }, (_, s) => [...numbers.subarray(s * length, (s + 1) * length)]);
}

function spanOfMask(row: readonly number[], where: string): Span {
  const start = row.indexOf(1);
  const end = row.lastIndexOf(1) + 1;
  if (start >= 0 && row.every((x, i) => x === (i >= start && i < end ? 1 : 0))) return { start, end };
  throw new InputError(`${where}: expected ones in one piece and zeros around it, got something else`);
}
