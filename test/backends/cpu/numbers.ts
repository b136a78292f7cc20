/** Numbers to try kernels on, from a seed, and the comparison of results bit by bit. */
import { expect } from 'vitest';
import { type Format, round } from '../../../src/formats/index.ts';
import type { Numbers, Tensor } from '../../../src/tensor/index.ts';

/** xorshift32: uniform words, the same for the same seed. */
export function words(seed: number): () => number {
  let x = (seed * 2654435761 + 0x9e3779b9) >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x >>>= 0;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x;
  };
}

/** `ordinary`: about ±1. `near`: few exponents, many ties. `raw`: any bits, specials often. `tiny`: subnormal products.
 * `spread`: few bits over many exponents, so that sums lie on midpoints and just beside them. */
export const kinds = ['ordinary', 'near', 'spread', 'raw', 'tiny', 'large'] as const;
export type Kind = (typeof kinds)[number];

const view = new Float32Array(1);
const bits = new Uint32Array(view.buffer);
const specials = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff, 0x7f812345, 1, 0x807fffff, 0x7f7fffff];

function number(kind: Kind, next: () => number, format: Format): number {
  const u = next();
  switch (kind) {
    case 'ordinary':
      return (u / 2 ** 32 - 0.5) * 4;
    case 'near':
      return ((u % 64) - 32) / 16;
    case 'spread':
      return (u & 1 ? -1 : 1) * (1 + ((u >>> 1) % 8) / 8) * 2 ** (((u >>> 8) % 29) - 14);
    case 'tiny': {
      // Around the smallest numbers of the format, and some about 1.
      const size = u % 3 === 0 ? 1 : format.smallestNormal * 2 ** ((u >>> 8) % 9);
      return (next() / 2 ** 32 - 0.5) * size;
    }
    case 'large':
      return (next() / 2 ** 32 - 0.5) * (u % 5 === 0 ? format.largest : 1);
    case 'raw':
      bits[0] = u % 16 === 0 ? specials[next() % specials.length] : next();
      return view[0];
  }
}

/** Numbers of float32; NaN payloads and signs are kept. */
export function numbers(kind: Kind, seed: number, length: number, format: Format): Float32Array {
  const next = words(seed);
  const result = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const x = number(kind, next, format);
    result[i] = x;
    if (Number.isNaN(x)) new Uint32Array(result.buffer)[i] = next() | 0x7f800001;
  }
  return result;
}

/** A tensor of numbers of `format` that carries it, as results of operations do. */
export function rounded(data: Float32Array, shape: readonly number[], format: Format): Tensor & { format: Format } {
  return { shape, data: data.map((x) => round(x, format)), format };
}

function bitsOf(data: Numbers): string[] {
  const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));
  return Array.from(data, show);
}

/** The bits of a number's storage, in hexadecimal. */
function codesOf(data: Numbers): string[] {
  const hex = (x: number | bigint): string => `0x${x.toString(16)}`;
  if (data instanceof Float32Array) {
    return Array.from(new Uint32Array(data.buffer, data.byteOffset, data.length), hex);
  }
  return Array.from(new BigUint64Array(data.buffer, data.byteOffset, data.length), hex);
}

/** Expects the same numbers, signs of zeros included, in the same storage, and in both no NaN but the canonical one. */
export function expectSame(label: string, computed: unknown, expected: unknown): void {
  const [c, e] = [computed as Tensor & { format?: Format }, expected as Tensor & { format?: Format }];
  let same = c.data.constructor === e.data.constructor && c.data.length === e.data.length;
  for (let i = 0; same && i < c.data.length; i++) same = Object.is(c.data[i], e.data[i]);
  if (!same) {
    const [left, right] = [bitsOf(c.data), bitsOf(e.data)];
    const at = left.findIndex((x, i) => x !== right[i]);
    expect.fail(
      `${label}: at ${at} of ${right.length} (${e.data.constructor.name}): expected ${right[at]}, got ${left[at]}`,
    );
  }
  expect(c.shape, label).toEqual(e.shape);
  expect(c.format?.name, label).toBe(e.format?.name);
  for (const [what, { data }] of Object.entries({ computed: c, expected: e })) {
    if (!data.some((x) => Number.isNaN(x))) continue;
    const canonical = data instanceof Float32Array ? '0x7fc00000' : '0x7ff8000000000000';
    const codes = codesOf(data);
    const bad = codes.findIndex((code, i) => Number.isNaN(data[i]) && code !== canonical);
    if (bad >= 0) expect.fail(`${label}: ${what} at ${bad}: a NaN that is not canonical, ${codes[bad]}`);
  }
}
