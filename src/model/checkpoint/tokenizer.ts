/** tokenizer.json through @huggingface/tokenizers. Built when it is first used: a run on given tokens needs none. */
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { InputError } from '../../formats/index.ts';
import type { Tokenizer } from '../decoder-source.ts';
import type { Folder } from '../folder.ts';
import { isObject, parseJsonObject, readWhole } from './json.ts';
import { reasonOf } from './show.ts';
import { checkTokenizer, LARGEST_TOKEN } from './tokenizer-check.ts';

const FILE = 'tokenizer.json';
const SETTINGS = 'tokenizer_config.json';
const LARGEST = 128 * 1024 * 1024;

interface Built {
  readonly library: Library;
  readonly vocabulary: number;
}

export interface TokenizerFiles {
  readonly tokenizer: Tokenizer;
  /** The files that it is made from. */
  readonly files: readonly string[];
}

/** The tokenizer of a folder; undefined where it has no tokenizer.json. */
export async function openTokenizer(folder: Folder): Promise<TokenizerFiles | undefined> {
  const bytes = await readWhole(folder, FILE, LARGEST);
  if (bytes === undefined) return undefined;
  const settings = await readWhole(folder, SETTINGS, LARGEST);
  const where = `${folder.path}/${FILE}`;
  let built: Built | undefined;
  const get = (): Built => {
    built ??= build(bytes, settings, folder.path);
    return built;
  };
  const tokenizer: Tokenizer = {
    encode(text) {
      const { library } = get();
      const ids: unknown[] = guard(where, () => library.encode(text).ids);
      if (!ids.every(isToken)) {
        throw new InputError(`${where}: expected a text of known tokens, got one the tokenizer has no token for`);
      }
      return ids;
    },
    decode(ids) {
      const { library } = get();
      if (ids.length === 0) return '';
      const unknown = ids.find((id) => library.id_to_token(id) === undefined);
      if (unknown !== undefined) throw new InputError(`${where}: expected known tokens, got ${unknown}`);
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      return guard(where, () => library.decode([...ids], options));
    },
    get vocabulary() {
      return get().vocabulary;
    },
  };
  return { tokenizer, files: settings === undefined ? [FILE] : [FILE, SETTINGS] };
}

function isToken(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0;
}

function build(bytes: Uint8Array, settings: Uint8Array | undefined, path: string): Built {
  const where = `${path}/${FILE}`;
  const raw = parseJsonObject(bytes, where);
  const config = settings === undefined ? {} : parseJsonObject(settings, `${path}/${SETTINGS}`);
  checkTokenizer(raw, where);
  const added = raw.added_tokens;
  if (
    !Array.isArray(added) ||
    !added.every((token) => isObject(token) && isToken(token.id) && token.id < LARGEST_TOKEN)
  ) {
    throw new InputError(`${where}: expected added_tokens to be a list of tokens with their id`);
  }
  const vocab = (raw.model as { vocab: unknown[] | Record<string, number> }).vocab;
  let largest = Array.isArray(vocab) ? vocab.length - 1 : -1;
  if (!Array.isArray(vocab)) for (const id of Object.values(vocab)) largest = Math.max(largest, id);
  for (const token of added) largest = Math.max(largest, token.id);
  return { library: guard(where, () => new Library(raw, config)), vocabulary: largest + 1 };
}

/** The library checks little: whatever it throws on a file that it cannot use is the file's fault. */
function guard<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new InputError(`${where}: expected a tokenizer that can be used, got an error (${reasonOf(error)})`);
  }
}
