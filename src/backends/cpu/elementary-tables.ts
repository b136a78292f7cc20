/** The tables of assembly/elementary, as its layout.ts describes them, from fixed point: each number is its exact value, rounded once. */
import { halfPi, lnTwo } from '../../softfloat/elementary/constants.ts';
import { expFixed, logFixed } from '../../softfloat/elementary/fixed-point.ts';
import { erfTaylor, quarterTurnTaylor, tanhTaylor } from '../../softfloat/elementary/taylor.ts';
import { doubleDoubleFromFixed } from '../../softfloat/fixed-to-dd.ts';

/** Bits behind the point; the smallest second parts need 106, and what fixed point leaves is a few hundred units. */
const W = 128;
const COUNT = 11;
/** Centres of the series in a unit. */
const PER_UNIT = 64;

export interface Table {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The first `bits` bits, and the rest. */
function split(value: bigint, bits: number): [number, number] {
  const size = value < 0n ? -value : value;
  const cut = BigInt(Math.max(0, size.toString(2).length - bits));
  const first = (value < 0n ? -(size >> cut) : size >> cut) << cut;
  return [doubleDoubleFromFixed(first, W).hi, doubleDoubleFromFixed(value - first, W).hi];
}

function table(address: number, rows: readonly (readonly number[])[]): Table {
  return { address, bytes: new Uint8Array(Float64Array.from(rows.flat()).buffer) };
}

/** Powers of 2^(1/512): each product adds less than two units of 64 bits more. */
function exponentials(): Table[] {
  const wide = W + 64;
  const { mantissa } = expFixed(lnTwo(wide) / 512n, wide);
  const rows: number[][] = [];
  for (let j = 0, power = 1n << BigInt(wide); j < 512; j++) {
    rows.push(split(power >> 64n, 26));
    power = (power * mantissa) >> BigInt(wide);
  }
  return [table(0x10000, rows)];
}

/** Intervals of m from 0.70703125 on: 2^−10 wide below 1 (300 of them), 2^−9 above. */
function logarithms(): Table[] {
  const rows = Array.from({ length: 512 }, (_, i) => {
    const [from, width] = i < 300 ? [1 - (300 - i) * 2 ** -10, 2 ** -10] : [1 + (i - 300) * 2 ** -9, 2 ** -9];
    const nearOne = i === 299 || i === 300;
    const c = nearOne ? 8192 : Math.round(8192 / (from + width / 2));
    const value = nearOne ? 0n : -logFixed(BigInt(c), -13, W);
    // To a multiple of 2^−42.
    const cut = BigInt(W - 42);
    const first = ((value + (1n << (cut - 1n))) >> cut) << cut;
    return [c / 8192, doubleDoubleFromFixed(first, W).hi, doubleDoubleFromFixed(value - first, W).hi];
  });
  return [table(0x12000, rows)];
}

/** A row of a series: a_0 and a_1 in two parts. */
function coefficients(values: readonly bigint[]): number[] {
  const number = (value: bigint): number => doubleDoubleFromFixed(value, W).hi;
  return [...split(values[0], 53), ...split(values[1], 26), ...values.slice(2).map(number), 0];
}

function tangents(): Table[] {
  const rows = Array.from({ length: 5 * PER_UNIT + 1 }, (_, j) => coefficients(tanhTaylor(j / PER_UNIT, COUNT, W)));
  return [table(0x17000, rows), ...exponentials()];
}

function errorFunctions(): Table[] {
  const rows = Array.from({ length: 6 * PER_UNIT + 1 }, (_, j) => coefficients(erfTaylor(j, PER_UNIT, COUNT, W)));
  return [table(0x20000, rows)];
}

function sines(): Table[] {
  const both = Array.from({ length: PER_UNIT / 2 + 1 }, (_, j) => quarterTurnTaylor(j, PER_UNIT, COUNT, W));
  // 1/2π to 64·19 digits behind 64 zeros.
  const digits = 64 * 19;
  const inverse = (1n << BigInt(2 * digits + 64 - 2)) / halfPi(digits + 64);
  const words = BigUint64Array.from({ length: 20 }, (_, i) => (i === 0 ? 0n : inverse >> BigInt(digits - 64 * i)));
  return [
    { address: 0x15000, bytes: new Uint8Array(words.buffer) },
    table(
      0x15100,
      both.map(({ sin }) => coefficients(sin)),
    ),
    table(
      0x16000,
      both.map(({ cos }) => coefficients(cos)),
    ),
  ];
}

/** Behind the tables. */
export const TABLES_END = 0x30000;

const makers = { exp: exponentials, log: logarithms, tanh: tangents, erf: errorFunctions, sin: sines, cos: sines };
const made = new Map<() => Table[], readonly Table[]>();

/** What the evaluation of a function reads. Made once in a process, in some ten milliseconds. */
export function tablesOf(name: keyof typeof makers): readonly Table[] {
  const make = makers[name];
  let tables = made.get(make);
  if (tables === undefined) {
    tables = make();
    made.set(make, tables);
  }
  return tables;
}
