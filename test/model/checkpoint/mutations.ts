/** Structured damage to a JSON document, as fast-check arbitraries: what an attacker or a bad download would do. */
import fc from 'fast-check';

type Container = Record<string, unknown> | unknown[];

/** One change of a parsed document; `at` picks the place. */
export interface Change {
  readonly kind: 'replace' | 'drop' | 'rename' | 'add';
  readonly at: number;
  readonly name: string;
  readonly value: unknown;
}

/** One change of the text itself. */
export type Splice = { readonly at: number; readonly length: number; readonly text: string };

const names = fc.constantFrom(
  ...['__proto__', 'constructor', 'toString', '', 'dtype', 'shape', 'data_offsets', '__metadata__', 'a\n\u0000\u2028'],
  ...[
    'rope_scaling',
    'head_dim',
    'n_inner',
    'sliding_window',
    'architectures',
    'model_type',
    'layer_types',
    'rope_parameters',
  ],
);

const numbers = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.5,
  2,
  3,
  4,
  8,
  16,
  255,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 60,
  -(2 ** 63),
  1e300,
  5e-324,
);

const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: numbers },
  {
    weight: 8,
    arbitrary: fc.constantFrom<unknown>(
      ...[null, true, false, '', 'F32', 'F64', 'I8', 'gpt2', 'llama', 'silu', [], {}, [[]], [null], { rope_theta: 1 }],
    ),
  },
  { weight: 3, arbitrary: fc.tuple(numbers, numbers) },
  { weight: 2, arbitrary: names },
  { weight: 2, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) }, // slow to make
);

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Change['kind']>('replace', 'replace', 'drop', 'rename', 'add'),
    at: fc.nat(),
    name: names,
    value: values,
  }),
  { minLength: 1, maxLength: 3 },
);

const snippets = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '\\u0000',
    '\\ud800',
    '-',
    '1e999',
    '-0',
    '1.5',
    'null',
    'NaN',
    ' ',
    '\n',
    '\ufeff',
  ),
  fc.constantFrom('9'.repeat(400), '['.repeat(3000), `${'['.repeat(3000)}${']'.repeat(3000)}`, '"a":1,"a":2,'),
  fc.string({ maxLength: 6 }),
);

export const splices: fc.Arbitrary<Splice[]> = fc.array(
  fc.record({ at: fc.nat(), length: fc.nat({ max: 20 }), text: snippets }),
  { minLength: 1, maxLength: 3 },
);

/** Every place of a document: its containers, each with one of its keys. */
function placesIn(root: Container): [Container, string][] {
  const places: [Container, string][] = [];
  const found = [root];
  for (let i = 0; i < found.length; i++) {
    for (const key of Object.keys(found[i])) {
      places.push([found[i], key]);
      const part: unknown = (found[i] as Record<string, unknown>)[key];
      if (typeof part === 'object' && part !== null) found.push(part as Container);
    }
  }
  return places;
}

function set(target: Container, key: string, value: unknown): void {
  if (key !== '__proto__') (target as Record<string, unknown>)[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The document, wrapped so that it can be replaced as a whole, with the changes made, as text. */
export function changed(document: object, list: readonly Change[]): string {
  const root: Container = [JSON.parse(JSON.stringify(document))];
  for (const change of list) {
    const places = placesIn(root);
    if (places.length === 0) break;
    const [parent, key] = places[change.at % places.length];
    // Values are shared between changes and runs: a later change must not reach into them.
    const value = typeof change.value === 'object' ? JSON.parse(JSON.stringify(change.value)) : change.value;
    if (change.kind === 'replace') set(parent, key, value);
    else if (change.kind === 'drop') delete (parent as Record<string, unknown>)[key];
    else if (Array.isArray(parent)) parent.push(value);
    else if (change.kind === 'add') set(parent, change.name, value);
    else {
      const old = (parent as Record<string, unknown>)[key];
      delete (parent as Record<string, unknown>)[key];
      set(parent, change.name, old);
    }
  }
  return JSON.stringify((root as unknown[])[0]) ?? '';
}

/** The text with pieces replaced. */
export function spliced(text: string, list: readonly Splice[]): string {
  return list.reduce((now, { at, length, text: piece }) => {
    const start = now.length === 0 ? 0 : at % now.length;
    return now.slice(0, start) + piece + now.slice(start + length);
  }, text);
}
