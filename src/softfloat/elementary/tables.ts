/**
 * All values of a function for formats of at most 16 bits, for code that looks them up instead of evaluating.
 *
 * Index rule: `binary16` formats are those whose numbers are all binary16 numbers (fp16, e5m2, e4m3, e3m2 …); their
 * tables are indexed by the binary16 code of the operand. `bfloat16` formats are the others whose numbers are all
 * bfloat16 numbers (bf16, e8m3 …), indexed by the upper 16 bits of the operand as a float32.
 */
import { decode } from '../../formats/bits.ts';
import { type Format, fitsFloat32 } from '../../formats/format.ts';
import { formats } from '../../formats/named.ts';
import { contextKey, type RoundingContext } from '../context.ts';
import { scalarsOf } from '../scalar.ts';
import type { UnaryName } from '../scalars.ts';

export type TableIndex = 'binary16' | 'bfloat16';

/** How tables of a format are indexed; undefined where there are none: more than 16 bits, or neither kind (e6m9). */
export function tableIndexOf(format: Format): TableIndex | undefined {
  if (format.kind !== 'binary' || !fitsFloat32(format)) return undefined;
  const inside = ({ precision, emax, smallestSubnormal }: typeof formats.fp16): boolean =>
    format.precision <= precision && format.emax <= emax && format.smallestSubnormal >= smallestSubnormal;
  return inside(formats.fp16) ? 'binary16' : inside(formats.bf16) ? 'bfloat16' : undefined;
}

const tables = new Map<string, Float32Array>();

/**
 * R(f(x)) for all 65,536 operands x of the format's index (see `tableIndexOf`), made on first use (70–150 ms) and
 * cached per content of the context. The operands need not be numbers of the format itself.
 */
export function unaryTable(context: RoundingContext, name: UnaryName): Float32Array | undefined {
  const index = tableIndexOf(context.format);
  if (index === undefined) return undefined;
  const key = `${name} ${contextKey(context)}`;
  let table = tables.get(key);
  if (table === undefined) {
    const f = scalarsOf(context)[name];
    const operands = index === 'binary16' ? formats.fp16 : formats.bf16;
    table = Float32Array.from({ length: 65536 }, (_, code) => f(decode(BigInt(code), operands)));
    tables.set(key, table);
  }
  return table;
}
