import { describe, expect, it } from 'vitest';
import { decode, formats, InputError } from '../../../src/formats/index.ts';
import { fromBfloat16, fromBinary16 } from '../../../src/model/checkpoint/dtypes.ts';
import { openSafetensors } from '../../../src/model/checkpoint/safetensors.ts';
import { safetensorsHeader } from '../../../src/report/safetensors-writer.ts';
import { fileOf, headerOf, memoryFolder } from './memory-folder.ts';

const open = (file: Uint8Array) => openSafetensors(memoryFolder({ f: file }), 'f');

/** One tensor `t` with this entry, over `size` bytes of data. */
const withEntry = (entry: object, size: number) => fileOf({ t: entry }, size);

const valid = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

describe('what is refused, in one line', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /ckpt\/f: expected a safetensors file, got only 0 bytes/],
    ['a header of 2^60 bytes', fileOf({}, 0, 1n << 60n), /at most 2 bytes, got a length of 1152921504606846976/],
    ['a header past the end', fileOf({}, 0, 3n), /at most 2 bytes, got a length of 3/],
    ['a header that is no JSON', fileOf('{"a":\n', 0), /expected a JSON object, got what is not JSON/],
    ['a header that is an array', fileOf('[]', 0), /begins with '\{'/],
    ['bytes that are not UTF-8', fileOf(new Uint8Array([0x7b, 0xff, 0x7d]), 0), /not UTF-8/],
    ['a name twice', fileOf('{"a":{},"\\u0061":{}}', 0), /every key once, got "a" twice/],
    ['a dtype twice', fileOf('{"a":{"dtype":"F32","dtype":"F32"}}', 0), /every key once, got "dtype" twice/],
    ['metadata that is no string', fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__ to be an object of strings/],
    ['an unknown dtype', withEntry({ ...valid, dtype: 'Q4' }, 8), /tensor "t": expected a dtype of .*F32.*, got "Q4"/],
    ['a dtype out of the prototype', withEntry({ ...valid, dtype: 'constructor' }, 8), /got "constructor"/],
    ['a shape that is too small', withEntry({ ...valid, shape: [1] }, 8), /expected 4 bytes for F32 \[1\], got 8/],
    ['a shape that is too large', withEntry({ ...valid, shape: [2, 2] }, 8), /expected 16 bytes/],
    ['a shape above 2^53', withEntry({ ...valid, shape: [2 ** 52, 2 ** 52] }, 8), /more bytes than a file can have/],
    ['a shape of 10^5 large axes', withEntry({ ...valid, shape: Array(1e5).fill(2 ** 50) }, 8), /more bytes than/],
    ['a negative shape', withEntry({ ...valid, shape: [-2] }, 8), /non-negative integers, got \[-2\]/],
    ['a shape of halves', withEntry({ ...valid, shape: [0.5, 4] }, 8), /non-negative integers/],
    ['no shape', withEntry({ dtype: 'F32', data_offsets: [0, 8] }, 8), /non-negative integers, got nothing/],
    [
      'offsets past the end',
      withEntry({ ...valid, data_offsets: [8, 16] }, 8),
      /within the 8 bytes of data, got \[8, 16\]/,
    ],
    ['offsets turned round', withEntry({ ...valid, data_offsets: [8, 0] }, 8), /\[begin, end\], got \[8, 0\]/],
    ['negative offsets', withEntry({ ...valid, data_offsets: [-8, 0] }, 8), /\[begin, end\], got \[-8, 0\]/],
    ['three offsets', withEntry({ ...valid, data_offsets: [0, 4, 8] }, 8), /\[begin, end\]/],
    ['a further key', withEntry({ ...valid, strides: [1] }, 8), /got the key "strides"/],
    ['data after the last tensor', withEntry(valid, 12), /end with its last tensor/],
    ['half a byte', withEntry({ dtype: 'F4', shape: [1], data_offsets: [0, 1] }, 1), /expected 0.5 bytes/],
    [
      'tensors that overlap',
      fileOf({ a: valid, b: { ...valid, data_offsets: [4, 12] } }, 12),
      /tensor "b": expected data right after that of "a", got one that overlaps/,
    ],
    [
      'a hole',
      fileOf({ a: valid, b: { ...valid, data_offsets: [12, 20] } }, 20),
      /tensor "b": .* got a hole of 4 bytes after it/,
    ],
    [
      'a name with a line break',
      fileOf({ 'a\nb\u2028\u009b': 1 }, 0),
      /tensor "a\\nb\\u2028\\u009b": expected an object/,
    ],
  ])('%s', async (_, file, message) => {
    const error = await open(file).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch(/[\n\r\u2028\u2029]/);
    expect((error as Error).message.length).toBeLessThan(500);
  });

  it('nesting 10^6 deep', async () => {
    await expect(open(fileOf(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 0))).rejects.toThrow(InputError);
  });

  it('a dtype that is known but not read: only when it is used', async () => {
    const file = await open(withEntry({ dtype: 'I64', shape: [1], data_offsets: [0, 8] }, 8));
    expect(file.tensors.get('t')?.dtype).toBe('I64');
    await expect(file.read('t')).rejects.toThrow(/tensor "t": expected a dtype of F64, F32, F16, BF16, got I64/);
  });

  it('a tensor that is not there', async () => {
    const file = await open(withEntry(valid, 8));
    await expect(file.read('toString')).rejects.toThrow(/expected a tensor "toString", got none/);
  });
});

describe('what is read', () => {
  it('F64, F32, F16 and BF16, each without rounding', async () => {
    const { header, size } = headerOf({
      f64: { shape: [2], dtype: 'F64', bytes: 8 },
      f32: { shape: [1, 2] },
      f16: { shape: [2, 1], dtype: 'F16', bytes: 2 },
      bf16: { shape: [2], dtype: 'BF16', bytes: 2 },
    });
    const data = new DataView(new ArrayBuffer(size));
    data.setFloat64(0, 0.1, true);
    data.setFloat64(8, -0, true);
    data.setFloat32(16, 0.1, true);
    data.setFloat32(20, Number.NEGATIVE_INFINITY, true);
    data.setUint16(24, 0x0001, true);
    data.setUint16(26, 0xfc00, true);
    data.setUint16(28, 0x3f80, true);
    data.setUint16(30, 0x8001, true);
    const file = await open(fileOf(header, new Uint8Array(data.buffer)));
    expect(await file.read('f64')).toEqual({ shape: [2], data: Float64Array.of(0.1, -0) });
    expect(await file.read('f32')).toEqual({ shape: [1, 2], data: Float32Array.of(0.1, Number.NEGATIVE_INFINITY) });
    expect(await file.read('f16')).toEqual({
      shape: [2, 1],
      data: Float32Array.of(2 ** -24, Number.NEGATIVE_INFINITY),
    });
    expect(await file.read('bf16')).toEqual({ shape: [2], data: Float32Array.of(1, -(2 ** -133)) });
  });

  it('scalars, empty tensors, an empty file, spaces after the header, names like __proto__', async () => {
    const json =
      '{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"__proto__":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]}}   ';
    const file = await open(fileOf(json, 4));
    expect([...file.tensors.keys()]).toEqual(['s', '__proto__']);
    expect(await file.read('s')).toEqual({ shape: [], data: Float32Array.of(0) });
    expect(await file.read('__proto__')).toEqual({ shape: [3, 0], data: new Float32Array(0) });
    expect((await open(fileOf('{}', 0))).tensors.size).toBe(0);
  });

  it('a tensor longer than what is read at a time', async () => {
    const length = 5 * 2 ** 20 + 3;
    const data = Uint16Array.from({ length }, (_, i) => i & 0x3fff);
    const { header } = headerOf({ t: { shape: [length], dtype: 'BF16', bytes: 2 } });
    const read = await (await open(fileOf(header, new Uint8Array(data.buffer)))).read('t');
    let wrong = 0;
    for (let i = 0; i < length; i++) if (read.data[i] !== fromBfloat16(i & 0x3fff)) wrong++;
    expect(wrong).toBe(0);
  });

  it.each([
    ['fp16', fromBinary16],
    ['bf16', fromBfloat16],
  ] as const)('every one of the 65,536 codes of %s as src/formats decodes it', (name, convert) => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 65_536; bits++) {
      if (!Object.is(convert(bits), decode(BigInt(bits), formats[name]))) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });
});

describe('the header that is written', () => {
  it('is what the reader reads, 8-byte aligned', async () => {
    const bytes = safetensorsHeader(
      [
        { name: '__proto__', dtype: 'F32', shape: [2, 3] },
        { name: 'é"\n', dtype: 'F64', shape: [] },
        { name: 'empty', dtype: 'F64', shape: [0, 4] },
      ],
      { policy: 'bf16' },
    );
    expect(bytes.length % 8).toBe(0);
    const file = new Uint8Array(bytes.length + 32);
    file.set(bytes);
    const { tensors } = await open(file);
    expect([...tensors].map(([name, t]) => [name, t.dtype, t.shape, t.offset - bytes.length, t.bytes])).toEqual([
      ['__proto__', 'F32', [2, 3], 0, 24],
      ['é"\n', 'F64', [], 24, 8],
      ['empty', 'F64', [0, 4], 32, 0],
    ]);
  });

  it('refuses a name twice and __metadata__', () => {
    const entry = { name: 'a', dtype: 'F32', shape: [1] } as const;
    expect(() => safetensorsHeader([entry, entry])).toThrow(/every tensor name once, got "a" again/);
    expect(() => safetensorsHeader([{ ...entry, name: '__metadata__' }])).toThrow(InputError);
  });

  it('is valid without tensors', async () => {
    expect((await open(safetensorsHeader([]))).tensors.size).toBe(0);
  });
});
