/** Tables of unary functions against the functions. */
import { describe, expect, it } from 'vitest';
import { decode, formats, parseFormat } from '../../src/formats/index.ts';
import { tableIndexOf, unaryTable } from '../../src/softfloat/elementary/tables.ts';
import { exactScalarsOf } from '../../src/softfloat/exact.ts';
import { context, generator } from './random.ts';

describe('tables', () => {
  it('are indexed by binary16 or bfloat16 codes', () => {
    const kinds = ['fp16', 'e5m2', 'e4m3', 'e2m1', 'bf16', 'e8m3', 'tf32', 'fp32', 'fp64', 'e6m9', 'decimal:2'];
    expect(kinds.map((name) => tableIndexOf(parseFormat(name)))).toEqual([
      ...Array(4).fill('binary16'),
      ...Array(2).fill('bfloat16'),
      ...Array(5).fill(undefined),
    ]);
    expect(unaryTable(context(formats.fp32), 'exp')).toBeUndefined();
  });

  it.each([
    ['bf16', 'exp', 'nearest-even'],
    ['fp16', 'tanh', 'down'],
    ['e4m3', 'erf', 'nearest-even'],
    ['bf16', 'log', 'odd'],
  ] as const)('%s %s %s', (name, f, mode) => {
    const c = context(formats[name], mode);
    const table = unaryTable(c, f);
    expect(unaryTable({ ...c }, f)).toBe(table);
    const codes = tableIndexOf(c.format) === 'binary16' ? formats.fp16 : formats.bf16;
    const next = generator(9);
    for (let i = 0; i < 600; i++) {
      const code = next() % 65536;
      expect(table?.[code], `${code}`).toBe(exactScalarsOf(c)[f](decode(BigInt(code), codes)));
    }
  });

  it('a bfloat16 index is the upper half of the float32', () => {
    const x = -3.25;
    const code = new Uint32Array(new Float32Array([x]).buffer)[0] >>> 16;
    expect(unaryTable(context(formats.bf16), 'exp')?.[code]).toBe(exactScalarsOf(context(formats.bf16)).exp(x));
  });
});
