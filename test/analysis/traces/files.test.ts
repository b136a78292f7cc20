import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/analysis/traces/files/crc32.ts';
import { storedTypes } from '../../../src/analysis/traces/files/stored-types.ts';
import { parseNameMap } from '../../../src/analysis/traces/name-map.ts';
import { openTrace } from '../../../src/analysis/traces/open-trace.ts';
import type { Trace } from '../../../src/analysis/traces/trace.ts';
import { decode, formats, InputError } from '../../../src/formats/index.ts';
import { toBinary16 } from '../../../src/model/checkpoint/dtypes.ts';
import { type SafetensorsEntry, safetensorsBytes, safetensorsHeader } from '../../../src/report/safetensors-writer.ts';
import { type Files, fileOf, headerOf, memoryFolder } from '../../model/checkpoint/memory-folder.ts';
import { bytesOf, npy, npz } from '../../support/trace-files.ts';

const open = (files: Files, map?: object): Promise<Trace> =>
  openTrace(
    memoryFolder(files),
    Object.keys(files),
    'trace',
    map && parseNameMap(new TextEncoder().encode(JSON.stringify(map)), 'map'),
  );
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/**
 * Written by NumPy 2.4.6:
 *   np.savez_compressed(file, a=np.array([[1, -0.0, np.inf], [5e-324, np.nan, 0.1]]), h=np.array([65504, 6e-8], '<f2'),
 *     big=np.array([1.5, -2], '>f4'), f=np.asfortranarray(np.arange(24, dtype='<i4').reshape(2, 3, 4)), s=np.float32(3),
 *     __metadata__=np.frombuffer(json.dumps({'producer': 'PyTorch 2'}).encode(), np.uint8))
 */
const NUMPY = Buffer.from(
  [
    'UEsDBC0AAAAIAAAAIQAF9SzW//////////8FABQAYS5ucHkBABAAsAAAAAAAAABdAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6',
    'Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYw+GAPoRkaoPx6RgZk8KN+1kwQ2GkPAFBLAwQtAAAACAAAACEAmHup',
    'Jv//////////BQAUAGgubnB5AQAQAIQAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2akrqOgnpZfVFKUmBefX5SSChJ3S8',
    'wpTgWKF2ckFqQC+RpGOpo6CrUKFACu/9WMDABQSwMELQAAAAgAAAAhAFtcJMz//////////wcAFABiaWcubnB5AQAQAIgAAAAAAAAASwAAAAAA',
    'AACb7BfqGxDJyFDGUK2eklqcXKRupaBul2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAu+wMMDEDEAABQSwMELQ',
    'AAAAgAAAAhAGezArP//////////wUAFABmLm5weQEAEADgAAAAAAAAAIAAAAAAAAAAncw5DsJAEETRMfu+L2lnA9JE4MjiCiACCIiQhQdBglEb',
    'SBCn4MJ8X4GSXlAV1HezX28PgXmZt018dlIbiV1dQ+vEnlN9aHw7ppr4fN/p0zNnl/juqbOFk6WTcO7kI3+mYUgLJfRQwwgB2iijjzrGKKCDCg',
    'bIDyYooosqhmhiih9QSwMELQAAAAgAAAAhAMPn36b//////////wUAFABzLm5weQEAEACEAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJa',
    'nFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS4GBgcHAFBLAwQtAAAACAAAACEAyz5Fcf//////////EA',
    'AUAF9fbWV0YWRhdGFfXy5ucHkBABAAmQAAAAAAAABeAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndL',
    'zClOBYoXZyQWpAL5GkamOpo6CrUK5AOuaqWCovyU0uTUIiUrBaWAypD8ouQMBSOlWgBQSwECLQMtAAAACAAAACEABfUs1l0AAACwAAAABQAAAA',
    'AAAAAAAAAAgAEAAAAAYS5ucHlQSwECLQMtAAAACAAAACEAmHupJkgAAACEAAAABQAAAAAAAAAAAAAAgAGUAAAAaC5ucHlQSwECLQMtAAAACAAA',
    'ACEAW1wkzEsAAACIAAAABwAAAAAAAAAAAAAAgAETAQAAYmlnLm5weVBLAQItAy0AAAAIAAAAIQBnswKzgAAAAOAAAAAFAAAAAAAAAAAAAACAAZ',
    'cBAABmLm5weVBLAQItAy0AAAAIAAAAIQDD59+mRgAAAIQAAAAFAAAAAAAAAAAAAACAAU4CAABzLm5weVBLAQItAy0AAAAIAAAAIQDLPkVxXgAA',
    'AJkAAAAQAAAAAAAAAAAAAACAAcsCAABfX21ldGFkYXRhX18ubnB5UEsFBgAAAAAGAAYAPwEAAGsDAAAAAA==',
  ].join(''),
  'base64',
);

describe('numbers of every stored type', () => {
  it('safetensors written and read are the same to the bit: all 65,536 codes of fp16 and bf16, and edges of the others', async () => {
    const all = (format: typeof formats.fp16) =>
      Float32Array.from({ length: 65536 }, (_, code) => decode(BigInt(code), format));
    const edges = Float64Array.of(
      0,
      -0,
      5e-324,
      -2.5e-310,
      0.1,
      2 ** 1023,
      Number.MAX_VALUE,
      -1 / 0,
      1 / 0,
      Number.NaN,
    );
    const data = { h: all(formats.fp16), b: all(formats.bf16), s: Float32Array.from(edges), d: edges };
    const dtypes = { h: 'F16', b: 'BF16', s: 'F32', d: 'F64' } as const;
    const entries = (Object.keys(data) as (keyof typeof data)[]).map(
      (name): SafetensorsEntry & { name: keyof typeof data } => ({
        name,
        dtype: dtypes[name],
        shape: [data[name].length],
      }),
    );
    const parts = entries.map(({ name, dtype }) => safetensorsBytes(dtype, data[name]));
    const file = joined(safetensorsHeader(entries, { producer: 'test' }), ...parts);
    const trace = await open({ 'x.safetensors': file });
    for (const { name } of entries) {
      const { values } = await trace.read(name);
      // Object.is on every number: -0 and NaN too.
      expect(
        values.every((x, i) => Object.is(x, data[name][i])),
        name,
      ).toBe(true);
    }
    expect(trace.taps().map((name) => trace.header(name)?.format?.name)).toEqual(['fp16', 'bf16', 'fp32', 'fp64']);
  });
  it('toBinary16 has the bits of every number of fp16', () => {
    for (let code = 0; code < 65536; code++) {
      const x = decode(BigInt(code), formats.fp16);
      expect(toBinary16(x)).toBe(Number.isNaN(x) ? 0x7e00 : code);
    }
  });
  it('8-bit floats and integers', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { header, size } = headerOf({
      i64: { shape: [2], dtype: 'I64', bytes: 8 },
      e4m3: { shape: [256], dtype: 'F8_E4M3', bytes: 1 },
      e5m2: { shape: [256], dtype: 'F8_E5M2', bytes: 1 },
      i8: { shape: [256], dtype: 'I8', bytes: 1 },
    });
    const body = joined(bytesOf(BigInt64Array.of(-(2n ** 53n) + 1n, 7n)), all, all, all);
    expect(body.length).toBe(size);
    const trace = await open({ 'x.safetensors': fileOf(header, body) });
    expect([...(await trace.read('i64')).values]).toEqual([-(2 ** 53) + 1, 7]);
    expect(trace.header('i64')?.format).toBe(null);
    for (const format of [formats.e4m3, formats.e5m2]) {
      const expected = Array.from(all, (code) => decode(BigInt(code), format));
      expect([...(await trace.read(format.name)).values]).toEqual(expected);
    }
    expect([...(await trace.read('i8')).values.subarray(126, 130)]).toEqual([126, 127, -128, -127]);
  });
  it('64-bit integers that are no float64 are refused', async () => {
    const { header } = headerOf({ i64: { shape: [1], dtype: 'I64', bytes: 8 } });
    const trace = await open({ 'x.safetensors': fileOf(header, bytesOf(BigInt64Array.of(2n ** 53n + 1n))) });
    await expect(trace.read('i64')).rejects.toThrow(/expected integers up to 2\^53/);
  });
  it('declared formats: numbers of tf32 in an F32, and a lie about them', async () => {
    const file = (x: number) =>
      joined(
        safetensorsHeader([{ name: 'embed', dtype: 'F32', shape: [2] }], { formats: '{"embed":"tf32"}' }),
        safetensorsBytes('F32', Float32Array.of(x, Number.NEGATIVE_INFINITY)),
      );
    const trace = await open({ 'x.safetensors': file(1.5) });
    expect((await trace.read('embed')).format).toBe(formats.tf32);
    const lie = await open({ 'x.safetensors': file(1 + 2 ** -23) });
    await expect(lie.read('embed')).rejects.toThrow(/expected numbers of tf32, as declared/);
  });
});

describe('NumPy arrays', () => {
  it('an archive that NumPy wrote', async () => {
    const trace = await open({ 'x.npz': NUMPY });
    expect(trace.metadata.producer).toBe('pytorch');
    expect(trace.taps()).toEqual(['a', 'h', 'big', 'f', 's']);
    const { shape, values } = await trace.read('a');
    expect(shape).toEqual([2, 3]);
    expect([...values]).toEqual([1, -0, Number.POSITIVE_INFINITY, 5e-324, Number.NaN, 0.1]);
    expect([...(await trace.read('h')).values]).toEqual([65504, 2 ** -24]);
    expect([...(await trace.read('big')).values]).toEqual([1.5, -2]);
    expect([...(await trace.read('f')).values]).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect((await trace.read('s')).shape).toEqual([]);
  });
  it.each(['<', '>'])('every type, byte order %s, stored and deflated', async (order) => {
    const types = { f8: 'F64', f4: 'F32', f2: 'F16', i8: 'I64', i4: 'I32', i2: 'I16', u8: 'U64', u4: 'U32', u2: 'U16' };
    for (const [code, name] of Object.entries(types)) {
      const { bytes, at } = storedTypes.get(name)!;
      const data = Uint8Array.from({ length: 4 * bytes }, (_, i) =>
        i % bytes === 0 || i % bytes === bytes - 1 ? 0 : i + 1,
      );
      const view = new DataView(data.buffer);
      const expected = [0, 1, 2, 3].map((i) => at(view, i * bytes, order === '<'));
      const array = npy(`${order}${code}`, [2, 2], data);
      for (const level of [0, 6] as const) {
        const trace = await open({ 'x.npz': npz({ t: array }, level), 'u.npy': array });
        expect([...(await trace.read('t')).values], code).toEqual(expected);
        expect([...(await trace.read('u')).values], code).toEqual(expected);
      }
    }
  });
  it('Fortran order of four axes is turned', async () => {
    // Entry (i, j, k, l) of shape [2, 3, 4, 5], columns first, holds its row-major number.
    const data = new Int16Array(120);
    for (let n = 0; n < 120; n++) {
      const [i, j, k, l] = [Math.floor(n / 60), Math.floor(n / 20) % 3, Math.floor(n / 5) % 4, n % 5];
      data[i + 2 * (j + 3 * (k + 4 * l))] = n;
    }
    const trace = await open({ 'x.npy': npy('<i2', [2, 3, 4, 5], bytesOf(data), true) });
    expect([...(await trace.read('x')).values]).toEqual(Array.from({ length: 120 }, (_, n) => n));
  });
  it('a checksum, sizes and types that are wrong are refused', async () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    const array = npy('<f4', [2], bytesOf(Float32Array.of(1, 2)));
    const stored = npz({ t: array }, 0);
    const place = stored.findIndex((_, i) => stored[i] === 0x80 && stored[i + 1] === 0x3f);
    const flipped = stored.slice();
    flipped[place] ^= 1;
    await expect(open({ 'x.npz': flipped })).rejects.toThrow(/checksum/);
    const short = await open({ 'x.npz': npz({ t: array.subarray(0, array.length - 1) }) });
    await expect(short.read('t')).rejects.toThrow(/expected 8 bytes for its shape, got 7/);
    await expect(open({ 'x.npy': npy('<V2', [2], bytesOf(Uint16Array.of(1, 2))) })).rejects.toThrow(/bfloat16/);
    await expect(open({ 'x.npy': npy('|O', [1], new Uint8Array(8)) })).rejects.toThrow(InputError);
    const huge = await open({ 'x.npy': npy('<f4', [2 ** 40], new Uint8Array(4)) });
    await expect(huge.read('x')).rejects.toThrow(/expected at most 536870912 numbers/);
  });
  it('an entry that unpacks to more than it says is stopped', async () => {
    const bomb = npz({ t: npy('<f4', [2 ** 20], new Uint8Array(2 ** 22)) });
    // The sizes in the local header and in the directory: the array says 2^20 numbers, the archive 4000 bytes.
    const view = new DataView(bomb.buffer, bomb.byteOffset, bomb.byteLength);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint32(22, 4000, true);
    view.setUint32(directory + 24, 4000, true);
    await expect(open({ 'x.npz': bomb })).rejects.toThrow(/expected 4000 bytes, got \d+ or more/);
  });
});

describe('what a file says about a run', () => {
  const ids = bytesOf(BigInt64Array.from([5n, 1n, 9n, 0n, 9n, 2n]));
  const mask = (...bits: number[]): Uint8Array => bytesOf(BigInt64Array.from(bits, BigInt));
  it('tokens and spans from input_ids and attention_mask; neither is a tap', async () => {
    const file = npz({
      input_ids: npy('<i8', [2, 3], ids),
      attention_mask: npy('<i8', [2, 3], mask(1, 1, 1, 0, 1, 1)),
      embed: npy('<f4', [2, 3, 1], new Uint8Array(24)),
    });
    const { metadata, taps } = await open({ 'x.npz': file });
    expect(taps()).toEqual(['embed']);
    expect(metadata).toEqual({
      producer: 'unknown',
      tokens: [
        [5, 1, 9],
        [9, 2],
      ],
      spans: [
        { start: 0, end: 3 },
        { start: 1, end: 3 },
      ],
    });
  });
  it('from several files too', async () => {
    const { metadata } = await open({
      'attention_mask.npy': npy('<i8', [2, 3], mask(1, 1, 1, 0, 1, 1)),
      'input_ids.npy': npy('<i8', [2, 3], ids),
    });
    expect(metadata).toMatchObject({
      tokens: [
        [5, 1, 9],
        [9, 2],
      ],
      spans: [{ start: 0 }, { start: 1 }],
    });
  });
  it('a mask with a hole, or of another shape, is refused', async () => {
    const file = (shape: number[], ...bits: number[]) =>
      npz({ input_ids: npy('<i8', [2, 3], ids), attention_mask: npy('<i8', shape, mask(...bits)) });
    await expect(open({ 'x.npz': file([2, 3], 1, 0, 1, 1, 1, 1) })).rejects.toThrow(/ones in one piece/);
    await expect(open({ 'x.npz': file([1, 2], 1, 1) })).rejects.toThrow(/the shape of input_ids/);
  });
  it('program order, whatever the order of the file', async () => {
    const names = ['logits', 'layers.10.query', 'layers.2.mlp_residual', 'foreign', 'layers.2.post_norm', 'embed'];
    const file = npz(Object.fromEntries(names.map((name) => [name, npy('<f4', [1], new Uint8Array(4))])));
    const trace = await open({ 'x.npz': file });
    expect(trace.taps()).toEqual([
      ...['embed', 'layers.2.post_norm', 'layers.2.mlp_residual', 'layers.10.query', 'logits', 'foreign'],
    ]);
  });
});

describe('name maps', () => {
  const attention = { taps: ['layers.{i}.query', 'layers.{i}.key', 'layers.{i}.value'], heads: 'heads' };
  const map = { about: 'a test', taps: { 'h.{i}.c_attn': attention, wte: 'embed', 'h.{i}:in': 'layers.{i}.x' } };
  // [1 sequence, 2 tokens, 3 parts × 2 heads × 2]: entry = 100 token + 10 part + 4 head + index.
  const fused = Float32Array.from({ length: 24 }, (_, i) => {
    const [token, rest] = [Math.floor(i / 12), i % 12];
    return 100 * token + 10 * Math.floor(rest / 4) + (rest % 4);
  });
  const file = (texts: Record<string, string>, shape = [1, 2, 12]) => ({
    'x.safetensors': joined(
      safetensorsHeader([{ name: 'h.11.c_attn', dtype: 'F32', shape }], texts),
      safetensorsBytes('F32', fused),
    ),
  });
  it('a fused projection becomes three taps with their heads', async () => {
    const trace = await open(file({ heads: '2' }), map);
    expect(trace.taps()).toEqual(['layers.11.query', 'layers.11.key', 'layers.11.value']);
    const { shape, values } = await trace.read('layers.11.key');
    expect(shape).toEqual([1, 2, 2, 2]);
    expect([...values]).toEqual([10, 11, 110, 111, 12, 13, 112, 113]);
  });
  it('heads that are missing or do not divide, a tap twice: refused', async () => {
    await expect(open(file({}), map)).rejects.toThrow(/expected the number of heads in the file's metadata/);
    await expect(open(file({ heads: '5' }), map)).rejects.toThrow(/a multiple of 15/);
    await expect(open(file({ heads: '2' }, [2, 12]), map)).rejects.toThrow(InputError);
    const twice = npz({ wte: npy('<f4', [1], new Uint8Array(4)), embed: npy('<f4', [1], new Uint8Array(4)) });
    await expect(open({ 'x.npz': twice }, map)).rejects.toThrow(/expected the tap "embed" once/);
  });
  it.each([
    [{ taps: { a: 'layers.{i}.x' } }, /in both names or in none/],
    [{ taps: { 'a{i}': 'x' } }, /\{i\} once/],
    [{ taps: { 'a{i}{i}': 'x{i}' } }, /once at most/],
    [{ taps: { a: 3 } }, /expected a name/],
    [{ taps: { a: { taps: [] } } }, /1 to 16 names/],
    [{ taps: { a: { taps: ['x', 'x'] } } }, /each name once/],
    [{ taps: { a: { taps: ['x'], heads: 0 } } }, /at least 1/],
    [{ taps: { a: { taps: ['x'], kind: 'x' } } }, /got "kind"/],
    [{ taps: [] }, /an object of names/],
    [{ tap: {} }, /got "tap"/],
  ])('%j is refused', (wrong, message) => {
    const parse = () => parseNameMap(new TextEncoder().encode(JSON.stringify(wrong)), 'map.json');
    expect(parse).toThrow(InputError);
    expect(parse).toThrow(message);
  });
});
