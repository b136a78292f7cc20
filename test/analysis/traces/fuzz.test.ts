/**
 * Damaged traces and name maps: a reader may take one as valid or refuse it with an InputError in one line. Anything else, a
 * TypeError, a RangeError, a hang, is a defect. The seed is fixed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameMap } from '../../../src/analysis/traces/name-map.ts';
import { openTrace } from '../../../src/analysis/traces/open-trace.ts';
import { InputError } from '../../../src/formats/index.ts';
import { safetensorsBytes, safetensorsHeader } from '../../../src/report/safetensors-writer.ts';
import { memoryFolder } from '../../model/checkpoint/memory-folder.ts';
import { changed, changes, spliced, splices } from '../../model/checkpoint/mutations.ts';
import { bytesOf, npy, npz } from '../../support/trace-files.ts';

const SEED = 20_260_601;

/** Opens the file and reads every tap; true where all of it was taken as valid. */
async function taken(name: string, file: Uint8Array): Promise<boolean> {
  try {
    const trace = await openTrace(memoryFolder({ [name]: file }), [name], name);
    for (const tap of trace.taps()) {
      const { shape, values } = await trace.read(tap);
      if (shape.reduce((size, n) => size * n, 1) !== values.length) throw new Error('accepted a lie');
    }
    return true;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (/[\n\r]/.test(error.message)) throw new Error(`not one line: ${JSON.stringify(error.message)}`);
    return false;
  }
}

/** Bytes put in place of others, cut out, or put between. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    cut: fc.integer({ min: 0, max: 4 }),
    bytes: fc.array(fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 3 },
);
function damaged(file: Uint8Array, changes: readonly { at: number; cut: number; bytes: number[] }[]): Uint8Array {
  let bytes = [...file];
  for (const change of changes) {
    const at = change.at % (bytes.length + 1);
    bytes = [...bytes.slice(0, at), ...change.bytes, ...bytes.slice(at + change.cut)];
  }
  return Uint8Array.from(bytes);
}

async function tally(name: string, files: fc.Arbitrary<Uint8Array>, numRuns: number): Promise<[number, number]> {
  const outcomes: [valid: number, refused: number] = [0, 0];
  await fc.assert(
    fc.asyncProperty(files, async (file) => {
      outcomes[(await taken(name, file)) ? 0 : 1]++;
    }),
    { seed: SEED, numRuns },
  );
  return outcomes;
}

const array = npy('<f4', [2, 3], bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6)));
const ids = npy('<i8', [1, 3], bytesOf(BigInt64Array.of(5n, 6n, 7n)));
const texts = new TextEncoder().encode('{"producer":"PyTorch","spans":"[[0,3]]","formats":"{\\"embed\\":\\"bf16\\"}"}');
const about = npy('|u1', [texts.length], texts);
const archive = (level: 0 | 6) => npz({ embed: array, input_ids: ids, __metadata__: about }, level);

describe(`damaged traces (seed ${SEED})`, () => {
  it.each([0, 6] as const)('3,000 archives at level %i', async (level) => {
    expect(await taken('x.npz', archive(level))).toBe(true);
    const [valid, refused] = await tally(
      'x.npz',
      damage.map((list) => damaged(archive(level), list)),
      3000,
    );
    expect(valid).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(1000);
  });
  it('3,000 arrays whose bytes changed before they were put into an archive', async () => {
    const files = fc.record({ list: damage, which: fc.constantFrom('embed', 'input_ids', '__metadata__') });
    const arrays = { embed: array, input_ids: ids, __metadata__: about };
    const [valid, refused] = await tally(
      'x.npz',
      files.map(({ list, which }) => npz({ ...arrays, [which]: damaged(arrays[which as 'embed'], list) }, 0)),
      3000,
    );
    expect(valid).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(1000);
  });
  it('3,000 metadata of safetensors', async () => {
    const fields = { producer: 'PyTorch', tokens: '[[5,6,7]]', spans: '[[0,3]]', formats: '{"embed":"bf16"}' };
    const one = fc.record({
      key: fc.constantFrom('tokens', 'spans', 'formats', 'heads', 'kvHeads', 'producer'),
      text: fc.oneof(
        fc.constantFrom('[[]]', '[[-1]]', '[[1,2]]', '[[2,1]]', 'null', '{"__proto__":"bf16"}', '7', '{"a":1,"a":1}'),
        fc.json(),
        fc.string(),
      ),
    });
    const file = ({ key, text }: { key: string; text: string }): Uint8Array => {
      const header = safetensorsHeader([{ name: 'embed', dtype: 'F32', shape: [1, 3, 1] }], { ...fields, [key]: text });
      return Uint8Array.from([...header, ...safetensorsBytes('F32', Float32Array.of(1, 2, 3))]);
    };
    const [valid, refused] = await tally('x.safetensors', one.map(file), 3000);
    expect(valid).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(1000);
  });
});

describe(`damaged name maps (seed ${SEED})`, () => {
  const map = { about: 'x', taps: { 'h.{i}': { taps: ['layers.{i}.query'], heads: 'heads' }, wte: 'embed' } };
  const parse = (text: string): boolean => {
    try {
      parseNameMap(new TextEncoder().encode(text), 'map').lookUp('h.3');
      return true;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return false;
    }
  };
  it('20,000 maps with changed values, keys and characters', () => {
    const outcomes = [0, 0];
    const text = fc.oneof(
      changes.map((list) => changed(map, list)),
      splices.map((list) => spliced(JSON.stringify(map), list)),
    );
    fc.assert(
      fc.property(text, (damagedMap) => {
        outcomes[parse(damagedMap) ? 0 : 1]++;
      }),
      { seed: SEED, numRuns: 20_000 },
    );
    expect(Math.min(...outcomes)).toBeGreaterThan(1000);
  });
});
