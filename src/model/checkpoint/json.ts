/** JSON objects out of untrusted files: UTF-8, no key twice, limited size. */
import { InputError } from '../../formats/index.ts';
import type { Folder } from '../folder.ts';
import { quote, reasonOf, show } from './show.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A byte order mark is no JSON, so it is kept and then refused. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The object that the bytes hold. Names like `__proto__` are its own properties; read it with Object.entries or hasOwn.
 * @param where for messages: the file, and the part of it
 * @throws InputError where it is not UTF-8, not JSON, no object, or has a key twice.
 */
export function parseJsonObject(bytes: Uint8Array, where: string): JsonObject {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new InputError(`${where}: expected JSON in UTF-8, got bytes that are not UTF-8; get the file again`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `${where}: expected a JSON object, got what is not JSON (${reasonOf(error)}); get the file again`,
    );
  }
  if (!isObject(value)) throw new InputError(`${where}: expected a JSON object, got ${show(value)}`);
  const twice = keyTwice(text);
  if (twice !== undefined) throw new InputError(`${where}: expected every key once, got ${quote(twice)} twice`);
  return value;
}

/**
 * A key that an object of this valid JSON text holds twice: JSON.parse keeps the last, other readers the first, so
 * that two programs would read different models. Without recursion, for any nesting.
 */
export function keyTwice(text: string): string | undefined {
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '{') open.push(new Set());
    else if (c === '[') open.push(null);
    else if (c === '}' || c === ']') open.pop();
    else if (c === '"') {
      const start = i;
      let escaped = false;
      for (i++; text[i] !== '"'; i++) {
        if (text[i] === '\\') {
          escaped = true;
          i++;
        }
      }
      const keys = open.at(-1);
      if (!keys) continue;
      let next = i + 1;
      while (' \t\r\n'.includes(text[next])) next++;
      if (text[next] !== ':') continue;
      const key: string = escaped ? JSON.parse(text.slice(start, i + 1)) : text.slice(start + 1, i);
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

/** The bytes of a whole small file; undefined where there is none. */
export async function readWhole(folder: Folder, name: string, limit: number): Promise<Uint8Array | undefined> {
  const size = await folder.size(name);
  if (size === undefined) return undefined;
  if (size > limit) {
    throw new InputError(`${folder.path}/${name}: expected at most ${limit} bytes, got ${size}; this is another file`);
  }
  return folder.read(name, 0, size);
}

/** The JSON object of a small file; undefined where there is none. */
export async function readJsonObject(folder: Folder, name: string, limit: number): Promise<JsonObject | undefined> {
  const bytes = await readWhole(folder, name, limit);
  return bytes && parseJsonObject(bytes, `${folder.path}/${name}`);
}
