/** Results of Berkeley TestFloat 3e (and, for bf16 arithmetic, of exact rational arithmetic): data/vectors/README.md. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decode, encode, type Format, formats, type RoundingMode } from '../../src/formats/index.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { scalarsOf } from '../../src/softfloat/scalar.ts';
import type { Scalars } from '../../src/softfloat/scalars.ts';
import { context } from './random.ts';

const FOLDER = new URL('../../../shared/data/vectors/', import.meta.url).pathname;
const present = existsSync(FOLDER);

const FORMATS: Record<string, Format> = { f16: formats.fp16, bf16: formats.bf16, f32: formats.fp32, f64: formats.fp64 };
const MODES: Record<string, RoundingMode> = {
  near_even: 'nearest-even',
  near_maxMag: 'nearest-away',
  minMag: 'toward-zero',
  min: 'down',
  max: 'up',
  odd: 'odd',
};

type Operation = (scalars: Scalars<number>, operands: number[]) => number;
const OPERATIONS: Record<string, Operation> = {
  add: (s, [x, y]) => s.add(x, y),
  sub: (s, [x, y]) => s.sub(x, y),
  mul: (s, [x, y]) => s.mul(x, y),
  div: (s, [x, y]) => s.div(x, y),
  mulAdd: (s, [x, y, z]) => s.fma(x, y, z),
  sqrt: (s, [x]) => s.sqrt(x),
  to: (s, [x]) => s.fromNumber(x),
};

/** The lines whose result differs, with what came instead. */
function failures(file: string, scalarsOf: (c: ReturnType<typeof context>) => Scalars<number>): string[] {
  const [from, operation, to] = file.replace('.txt.gz', '').split('_');
  const source = FORMATS[from];
  const target = FORMATS[to ?? from];
  const lines = gunzipSync(readFileSync(FOLDER + file))
    .toString()
    .trim()
    .split('\n');
  expect(lines.length).toBeGreaterThan(100);
  return lines.filter((line) => {
    const [mode, ...fields] = line.split(' ');
    const values = fields.slice(0, -1).map((hex) => BigInt(`0x${hex}`));
    const expected = values.pop();
    const operands = values.map((bits) => decode(bits, source));
    const result = OPERATIONS[operation](scalarsOf(context(target, MODES[mode])), operands);
    return encode(result, target) !== expected;
  });
}

const reason = present ? '' : ' (skipped: ../shared/data is absent)';
describe.skipIf(!present)(`TestFloat's results${reason}`, () => {
  const files = present ? readdirSync(FOLDER).filter((name) => name.endsWith('.gz')) : [];
  it.each(files)('%s, exact.ts', (file) => {
    expect(failures(file, exactScalarsOf)).toEqual([]);
  });
  it.each(files)('%s, scalar.ts', (file) => {
    expect(failures(file, scalarsOf)).toEqual([]);
  });
});
