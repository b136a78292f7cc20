/** The coefficients that wgsl/elementary.ts reads, from BigInt fixed point. */
import { lnTwo } from '../../softfloat/elementary/constants.ts';
import { evaluateFixed } from '../../softfloat/elementary/fixed-point.ts';
import { erfTaylor, tanhTaylor } from '../../softfloat/elementary/taylor.ts';
import {
  type ElementaryName,
  ERF_LIMIT,
  EXP_FIRST,
  EXP_ROWS,
  FIXED_WORDS,
  FRACTION_BITS,
  PER_UNIT,
  TANH_LIMIT,
  TERMS,
} from './wgsl/elementary.ts';

/** Bits behind the point while coefficients are formed; what is lost is a few hundred units of these. */
const W = FRACTION_BITS + 48;

/** The nearest number of FRACTION_BITS, as words of two's complement, low first. */
function words(value: bigint): number[] {
  const nearest = (value + (1n << 47n)) >> 48n;
  return Array.from({ length: FIXED_WORDS }, (_, i) => Number(BigInt.asUintN(32, nearest >> BigInt(32 * i))));
}

export function lnTwoWords(): number[] {
  return words(lnTwo(W));
}

function expRow(index: number): bigint[] {
  const values = [evaluateFixed('exp', index / PER_UNIT, W)];
  for (let n = 1n; n < TERMS; n++) values.push(values[Number(n) - 1] / n);
  return values;
}

/** About 0 a row holds the coefficients of f(x)/x, in powers of x². */
function oddRow(coefficients: (index: number) => bigint[], index: number): bigint[] {
  const all = coefficients(index);
  return index > 0 ? all.slice(0, TERMS) : all.map((_, n) => (n < TERMS / 2 ? all[2 * n + 1] : 0n)).slice(0, TERMS);
}

const rows: Readonly<Record<ElementaryName, () => bigint[][]>> = {
  exp: () => Array.from({ length: EXP_ROWS }, (_, row) => expRow(row + EXP_FIRST)),
  tanh: () =>
    Array.from({ length: TANH_LIMIT * PER_UNIT + 1 }, (_, row) =>
      oddRow((index) => tanhTaylor(index / PER_UNIT, TERMS + 1, W), row),
    ),
  erf: () =>
    Array.from({ length: ERF_LIMIT * PER_UNIT + 1 }, (_, row) =>
      oddRow((index) => erfTaylor(index, PER_UNIT, TERMS + 1, W), row),
    ),
};

const made = new Map<ElementaryName, Uint32Array<ArrayBuffer>>();

/** Made once in a process, in some hundred milliseconds. */
export function coefficientTable(name: ElementaryName): Uint32Array<ArrayBuffer> {
  let table = made.get(name);
  if (table === undefined) {
    table = Uint32Array.from(rows[name]().flat().flatMap(words));
    made.set(name, table);
  }
  return table;
}
