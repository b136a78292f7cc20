/**
 * What a tokenizer.json may ask of this process. The file is a small program (regular expressions, replacements,
 * loops) that comes with the checkpoint: this keeps it from running for ever or from filling the memory.
 */
import { InputError } from '../../formats/index.ts';
import { isObject, type JsonObject } from './json.ts';
import { quote, show } from './show.ts';

/** Steps of normalizer, pre-tokenizer, post-processor and decoder together; real ones have about ten. */
const MOST_STEPS = 64;
/** Deepest nesting of steps and of what they are made of. */
const DEEPEST = 16;
/** How many times longer all replacements together may make a text. */
const MOST_GROWTH = 4096;
/** Above the vocabulary of every model; the library makes an array as long as the largest token. */
export const LARGEST_TOKEN = 2 ** 24;
/** Unbounded quantifiers in one alternative: each adds a power to the time of a failing match. */
const MOST_REPEATS = 4;

/** @throws InputError where the file asks for what is not supported or would not end. */
export function checkTokenizer(raw: JsonObject, where: string): void {
  checkModel(raw.model, where);
  let steps = 0;
  let growth = 1;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (depth > DEEPEST) throw new InputError(`${where}: expected at most ${DEEPEST} levels of steps, got more`);
    if (isObject(value)) {
      if (typeof value.type === 'string' && ++steps > MOST_STEPS) {
        throw new InputError(`${where}: expected at most ${MOST_STEPS} steps, got more`);
      }
      if (value.type === 'FixedLength' && !(Number.isSafeInteger(value.length) && (value.length as number) > 0)) {
        throw new InputError(`${where}: FixedLength: expected a positive length, got ${show(value.length)}`);
      }
      if (typeof value.content === 'string') growth *= 1 + value.content.length; // an empty pattern matches between all characters
      if (growth > MOST_GROWTH) {
        throw new InputError(`${where}: expected replacements that lengthen a text at most ${MOST_GROWTH} times`);
      }
      if (typeof value.Regex === 'string' && !isCheap(value.Regex)) {
        throw new InputError(
          `${where}: expected a regular expression without repeated groups and with at most ${MOST_REPEATS} unbounded quantifiers an alternative, got ${quote(value.Regex)}, which may not end`,
        );
      }
    }
    for (const part of Object.values(value)) visit(part, depth + 1);
  };
  for (const key of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) visit(raw[key], 0);
}

function checkModel(model: unknown, where: string): void {
  if (!isObject(model)) throw new InputError(`${where}: model: expected an object, got ${show(model)}`);
  if (!['BPE', 'Unigram', 'WordPiece', undefined].includes(model.type as string)) {
    throw new InputError(`${where}: model: expected the type BPE, Unigram or WordPiece, got ${show(model.type)}`);
  }
  if (model.dropout !== null && model.dropout !== undefined && model.dropout !== 0) {
    throw new InputError(`${where}: model: expected no dropout, which makes tokens random, got ${show(model.dropout)}`);
  }
  if (Array.isArray(model.vocab)) return;
  if (!isObject(model.vocab)) throw new InputError(`${where}: model: expected a vocab, got ${show(model.vocab)}`);
  for (const [token, id] of Object.entries(model.vocab)) {
    if (!(Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < LARGEST_TOKEN)) {
      throw new InputError(
        `${where}: vocab: expected an integer below ${LARGEST_TOKEN} for ${quote(token)}, got ${show(id)}`,
      );
    }
  }
}

/** False where a backtracking match may take exponential or high polynomial time. */
export function isCheap(regex: string): boolean {
  let depth = 0;
  let repeats = 0;
  for (let i = 0; i < regex.length; i++) {
    const c = regex[i];
    if (c === '\\') i++;
    else if (c === '[') i = endOfClass(regex, i);
    else if (c === '(') depth++;
    else if (c === ')') {
      depth--;
      if (/^[*+{]/.test(regex.slice(i + 1, i + 2))) return false;
    } else if (c === '|' && depth === 0) repeats = 0;
    else if ((c === '*' || c === '+' || /^\{\d*,\}/.test(regex.slice(i, i + 12))) && ++repeats > MOST_REPEATS)
      return false;
  }
  return true;
}

function endOfClass(regex: string, start: number): number {
  let depth = 0;
  for (let i = start; i < regex.length; i++) {
    if (regex[i] === '\\') i++;
    else if (regex[i] === '[') depth++;
    else if (regex[i] === ']' && --depth === 0) return i;
  }
  return regex.length;
}
