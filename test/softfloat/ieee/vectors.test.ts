/**
 * Berkeley TestFloat 3e (and, for bf16 arithmetic, exact rational arithmetic): data/vectors/README.md. Results and flags
 * through both implementations on bit patterns, results through the operations on numbers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decode, encode, type Format, type RoundingMode } from '../../../src/formats/index.ts';
import { exactScalarsOf } from '../../../src/softfloat/exact.ts';
import {
  type IeeeContext,
  type IeeeOperations,
  ieee,
  ieeeOracle,
  newFlags,
} from '../../../src/softfloat/ieee/index.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import type { Scalars } from '../../../src/softfloat/scalars.ts';
import { hasSharedData, needsSharedData } from '../../support/shared-data.ts';
import { VECTOR_FORMATS, VECTOR_MODES, VECTORS } from '../../support/test-float.ts';
import { context } from '../random.ts';
import { flagBits } from './cases.ts';

const CASES = 195_048;

interface Vector {
  readonly line: string;
  readonly mode: RoundingMode;
  readonly operands: readonly bigint[];
  readonly expected: bigint;
  readonly flags: number;
}

interface VectorFile {
  readonly operation: string;
  readonly from: Format;
  readonly to: Format;
  readonly vectors: readonly Vector[];
}

function read(name: string): VectorFile {
  const [from, operation, to] = name.replace('.txt.gz', '').split('_');
  const lines = gunzipSync(readFileSync(`${VECTORS}/${name}`))
    .toString()
    .trim()
    .split('\n');
  const vectors = lines.map((line) => {
    const [mode, ...fields] = line.split(' ');
    const flags = Number.parseInt(fields.pop()!, 16);
    const operands = fields.map((hex) => BigInt(`0x${hex}`));
    return { line, mode: VECTOR_MODES[mode], expected: operands.pop()!, operands, flags };
  });
  return { operation, from: VECTOR_FORMATS[from], to: VECTOR_FORMATS[to ?? from], vectors };
}

type OnBits = (ops: IeeeOperations, operands: readonly bigint[], file: VectorFile, context: IeeeContext) => bigint;
const ON_BITS: Record<string, OnBits> = {
  add: (ops, [a, b], { from }, c) => ops.add(a, b, from, c),
  sub: (ops, [a, b], { from }, c) => ops.sub(a, b, from, c),
  mul: (ops, [a, b], { from }, c) => ops.mul(a, b, from, c),
  div: (ops, [a, b], { from }, c) => ops.div(a, b, from, c),
  sqrt: (ops, [a], { from }, c) => ops.sqrt(a, from, c),
  mulAdd: (ops, [a, b, z], { from }, c) => ops.fma(a, b, z, from, c),
  to: (ops, [a], { from, to }, c) => ops.convert(a, from, to, c),
};

const ON_NUMBERS: Record<string, (scalars: Scalars<number>, operands: readonly number[]) => number> = {
  add: (s, [x, y]) => s.add(x, y),
  sub: (s, [x, y]) => s.sub(x, y),
  mul: (s, [x, y]) => s.mul(x, y),
  div: (s, [x, y]) => s.div(x, y),
  sqrt: (s, [x]) => s.sqrt(x),
  mulAdd: (s, [x, y, z]) => s.fma(x, y, z),
  to: (s, [x]) => s.fromNumber(x),
};

/** The lines whose result or flags differ, with what came instead. */
function failuresOnBits(file: VectorFile, operations: IeeeOperations): string[] {
  return file.vectors.flatMap(({ line, mode, operands, expected, flags }) => {
    const c: IeeeContext = { mode, tininess: 'after', flags: newFlags() };
    const result = ON_BITS[file.operation](operations, operands, file, c);
    return result === expected && flagBits(c.flags) === flags
      ? []
      : [`${line}: ${result.toString(16)} ${flagBits(c.flags).toString(16)}`];
  });
}

/** The lines whose result differs. */
function failuresOnNumbers(file: VectorFile, implementation: typeof scalarsOf): string[] {
  return file.vectors.flatMap(({ line, mode, operands, expected }) => {
    const numbers = operands.map((bits) => decode(bits, file.from));
    const result = encode(ON_NUMBERS[file.operation](implementation(context(file.to, mode)), numbers), file.to);
    return result === expected ? [] : [`${line}: ${result.toString(16)}`];
  });
}

describe.skipIf(!hasSharedData)(needsSharedData("TestFloat's results and flags"), () => {
  const names = hasSharedData ? readdirSync(VECTORS).filter((name) => name.endsWith('.gz')) : [];
  const files = new Map(names.map((name) => [name, read(name)]));
  it(`${CASES} cases`, () => {
    expect([...files.values()].reduce((total, { vectors }) => total + vectors.length, 0)).toBe(CASES);
  });
  it.each(names)('%s, bits and flags: ieee', (name) => {
    expect(failuresOnBits(files.get(name)!, ieee)).toEqual([]);
  });
  it.each(names)('%s, bits and flags: ieeeOracle', (name) => {
    expect(failuresOnBits(files.get(name)!, ieeeOracle)).toEqual([]);
  });
  it.each(names)('%s, numbers: exact.ts', (name) => {
    expect(failuresOnNumbers(files.get(name)!, exactScalarsOf)).toEqual([]);
  });
  it.each(names)('%s, numbers: scalar.ts', (name) => {
    expect(failuresOnNumbers(files.get(name)!, scalarsOf)).toEqual([]);
  });
});
