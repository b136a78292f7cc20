/**
 * NumPy's .npy: a magic number, a version, the length of a Python dictionary, the dictionary (element type, order, shape),
 * the numbers.
 * References: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { InputError } from '../../../formats/index.ts';
import { show } from '../../../model/checkpoint/show.ts';
import { type StoredType, storedTypes } from './stored-types.ts';
import { allocate, decodeNumbers, type StoredTensor } from './tensor-file.ts';

/** Longer headers belong to records of many fields, which are no taps. */
export const LONGEST_NPY_HEADER = 64 * 1024;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export interface NpyHeader extends StoredTensor {
  readonly littleEndian: boolean;
  /** Columns first, as Fortran stores them. */
  readonly fortran: boolean;
  /** Where the numbers begin. */
  readonly offset: number;
}

/** The stored type of a NumPy type string behind its byte order. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ f8: 'F64', f4: 'F32', f2: 'F16' },
  ...{ i8: 'I64', i4: 'I32', i2: 'I16', i1: 'I8' },
  ...{ u8: 'U64', u4: 'U32', u2: 'U16', u1: 'U8', b1: 'BOOL' },
};

/**
 * How many bytes from the start hold the header, from its first 12.
 * @throws InputError where it is no .npy
 */
export function npyHeaderEnd(first: Uint8Array, where: string): number {
  if (first.length < 12 || MAGIC.some((byte, i) => first[i] !== byte)) {
    throw new InputError(`${where}: expected a NumPy array (.npy), got another file`);
  }
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const version = first[6];
  if (version < 1 || version > 3) {
    throw new InputError(`${where}: expected .npy of version 1, 2 or 3, got ${version}`);
  }
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > LONGEST_NPY_HEADER) {
    throw new InputError(`${where}: expected a header of at most ${LONGEST_NPY_HEADER} bytes, got ${length}`);
  }
  return start + length;
}

const DICTIONARY =
  /^\{\s*'descr'\s*:\s*'([^']*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\sL,]*)\)\s*,?\s*\}\s*$/;

/**
 * The header of an array.
 * @param bytes from the start of the file to the header's end at least
 * @throws InputError where it is wrong, or of a type without numbers
 */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const end = npyHeaderEnd(bytes, where);
  if (bytes.length < end) throw new InputError(`${where}: expected a header of ${end} bytes, got ${bytes.length}`);
  const text = new TextDecoder('latin1').decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, end));
  const match = DICTIONARY.exec(text);
  if (match === null) {
    throw new InputError(
      `${where}: expected a header {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}, got ${show(text.trim())}`,
    );
  }
  const [, descr, order, axes] = match;
  const type = typeOf(descr, where);
  return { shape: shapeOf(axes, where), type, littleEndian: descr[0] !== '>', fortran: order === 'True', offset: end };
}

function typeOf(descr: string, where: string): StoredType {
  const match = /^[<>|=]?([a-z]\d)$/.exec(descr);
  const name = match !== null && Object.hasOwn(KINDS, match[1]) ? KINDS[match[1]] : undefined;
  if (name !== undefined) return storedTypes.get(name) as StoredType;
  throw new InputError(
    `${where}: expected an element type of ${Object.keys(KINDS).join(', ')}, got ${show(descr)}; save bfloat16 as float32, or as safetensors`,
  );
}

function shapeOf(axes: string, where: string): number[] {
  const shape = axes
    .split(',')
    .map((axis) => axis.trim().replace(/L$/, ''))
    .filter((axis) => axis !== '')
    .map(Number);
  if (shape.length <= 32 && shape.every((n) => Number.isSafeInteger(n) && n >= 0)) return shape;
  throw new InputError(`${where}: expected a shape of at most 32 integers, got (${show(axes)})`);
}

/**
 * The numbers of an array in row-major order.
 * @param data everything behind the header
 * @throws InputError where there are too few bytes, or too many
 */
export function npyNumbers(header: NpyHeader, data: Uint8Array, where: string): Float64Array {
  const { shape, type, littleEndian, fortran } = header;
  const numbers = allocate(shape, where);
  if (data.length !== numbers.length * type.bytes) {
    throw new InputError(
      `${where}: expected ${numbers.length * type.bytes} bytes for its shape, got ${data.length}; the file is damaged`,
    );
  }
  decodeNumbers(type, data, littleEndian, numbers, 0, where);
  return fortran && shape.length > 1 ? rowMajor(numbers, shape) : numbers;
}

function rowMajor(columnMajor: Float64Array, shape: readonly number[]): Float64Array {
  const numbers = new Float64Array(columnMajor.length);
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((step, n) => step * n, 1));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = 0; i < numbers.length; i++) {
    numbers[i] = columnMajor[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return numbers;
}
