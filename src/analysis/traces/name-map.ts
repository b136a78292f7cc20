/**
 * Name maps: another program's tensor names and shapes to the taps of docs/semantics.md. A JSON object
 * `{"taps": {THEIRS: OURS}}`. THEIRS may hold `{i}`, which stands for a layer's number and is put into OURS. OURS is a name,
 * or `{"taps": [names], "heads": HEADS}`: the last axis is cut into as many equal parts as there are names, and each part
 * [sequences, tokens, heads·d] becomes [sequences, heads, tokens, d]. HEADS is a number, or `"heads"` or `"kvHeads"` as the
 * file's metadata has it.
 */
import { InputError } from '../../formats/index.ts';
import { isObject, parseJsonObject } from '../../model/checkpoint/json.ts';
import { quote, show } from '../../model/checkpoint/show.ts';
import type { Heads } from './metadata.ts';

/** What becomes of one tensor: a tap, or parts of its last axis as taps. */
export interface Mapped {
  readonly taps: readonly string[];
  /** Undefined: axes stay as they are. */
  readonly heads?: number | keyof Heads;
}

export interface NameMap {
  /** Undefined where the map does not name the tensor. */
  lookUp(name: string): Mapped | undefined;
}

const LAYER = '{i}';

/**
 * Reads a name map.
 * @param where for messages
 * @throws InputError where it is none
 */
export function parseNameMap(bytes: Uint8Array, where: string): NameMap {
  const object = parseJsonObject(bytes, where);
  const stray = Object.keys(object).find((key) => key !== 'taps' && key !== 'about');
  if (stray !== undefined) throw new InputError(`${where}: expected the keys taps and about, got ${quote(stray)}`);
  const taps = Object.hasOwn(object, 'taps') ? object.taps : undefined;
  if (!isObject(taps)) {
    throw new InputError(`${where}: taps: expected an object of names, got ${show(taps)}`);
  }
  const exact = new Map<string, Mapped>();
  const patterns: { readonly before: string; readonly after: string; readonly mapped: Mapped }[] = [];
  for (const [theirs, value] of Object.entries(taps)) {
    const mapped = parseMapped(value, theirs.includes(LAYER), `${where}: taps: ${quote(theirs)}`);
    const parts = theirs.split(LAYER);
    if (parts.length > 2) throw new InputError(`${where}: taps: ${quote(theirs)}: expected ${LAYER} once at most`);
    if (parts.length === 1) exact.set(theirs, mapped);
    else patterns.push({ before: parts[0], after: parts[1], mapped });
  }
  return {
    lookUp(name) {
      const found = exact.get(name);
      if (found !== undefined) return found;
      for (const { before, after, mapped } of patterns) {
        if (!name.startsWith(before) || !name.endsWith(after)) continue;
        const layer = name.slice(before.length, name.length - after.length);
        if (/^\d{1,6}$/.test(layer)) return { ...mapped, taps: mapped.taps.map((tap) => tap.replace(LAYER, layer)) };
      }
      return undefined;
    },
  };
}

function parseMapped(value: unknown, layered: boolean, where: string): Mapped {
  const tapName = (tap: unknown): string => {
    if (typeof tap !== 'string' || tap === '')
      throw new InputError(`${where}: expected a tap's name, got ${show(tap)}`);
    if (tap.split(LAYER).length === (layered ? 2 : 1)) return tap;
    throw new InputError(
      `${where}: expected ${LAYER} ${layered ? 'once' : 'in both names or in none'}, got ${show(tap)}`,
    );
  };
  if (typeof value === 'string') return { taps: [tapName(value)] };
  if (!isObject(value)) throw new InputError(`${where}: expected a name or {"taps", "heads"}, got ${show(value)}`);
  const stray = Object.keys(value).find((key) => key !== 'taps' && key !== 'heads');
  if (stray !== undefined) throw new InputError(`${where}: expected the keys taps and heads, got ${quote(stray)}`);
  const { taps, heads } = value;
  if (!Array.isArray(taps) || taps.length === 0 || taps.length > 16) {
    throw new InputError(`${where}: taps: expected 1 to 16 names, got ${show(taps)}`);
  }
  const names = taps.map(tapName);
  if (new Set(names).size < names.length)
    throw new InputError(`${where}: taps: expected each name once, got one twice`);
  if (heads === undefined) return { taps: names };
  if (heads === 'heads' || heads === 'kvHeads' || (Number.isSafeInteger(heads) && (heads as number) >= 1)) {
    return { taps: names, heads: heads as number | keyof Heads };
  }
  throw new InputError(`${where}: heads: expected an integer of at least 1, "heads" or "kvHeads", got ${show(heads)}`);
}
