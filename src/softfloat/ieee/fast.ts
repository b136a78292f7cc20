/**
 * The operations, fast: operands as float64 numbers, whose own arithmetic answers for infinities, NaN and the signs of
 * zeros; the rounding by the format's engine. The twin of oracle.ts: same bits, same flags, other means.
 */
import { type Format, fitsFloat32, sameNumbers } from '../../formats/format.ts';
import { formats } from '../../formats/named.ts';
import { Binary64 } from './binary64.ts';
import { type Codes, codesOf, infiniteResult, invalidResult, isSignalling, nanResult, poleResult } from './codes.ts';
import type { IeeeContext } from './context.ts';
import type { Engine } from './engine.ts';
import { Narrow, roundedInteger } from './narrow.ts';
import type { IeeeOperations } from './operations.ts';
import { Wide } from './wide.ts';

const engines = new WeakMap<Format, Engine>();
let last: Engine | undefined;

function engineOf(format: Format): Engine {
  if (last !== undefined && last.codes.format === format) return last;
  let engine = engines.get(format);
  if (engine === undefined) {
    engine = create(codesOf(format));
    engines.set(format, engine);
  }
  last = engine;
  return engine;
}

function create(codes: Codes): Engine {
  const { format } = codes;
  if (fitsFloat32(format) && format.subnormals && format.signedZero) return new Narrow(codes);
  return sameNumbers(format, formats.fp64) ? new Binary64(codes) : new Wide(codes);
}

/** The code of a result that is NaN or infinite because an operand is. */
function special(
  result: number,
  operands: readonly number[],
  bits: readonly bigint[],
  codes: Codes,
  context: IeeeContext,
): bigint {
  if (!operands.some(Number.isNaN)) {
    return Number.isNaN(result) ? invalidResult(codes, context) : infiniteResult(codes, result < 0, context);
  }
  const signalling = bits.some((code) => isSignalling(code, codes));
  return nanResult(codes, signalling, context);
}

/**
 * x − y·n, exactly: |x| % 2|y| is exact, leaves n its parity, and is one or two subtractions of |y| away from
 * |r| ≤ |y|/2 (fdlibm's e_remainder.c proceeds so). An infinite 2|y| leaves |x| < 2|y| as it is.
 */
function remainderOf(x: number, y: number): number {
  const size = Math.abs(y);
  let r = Math.abs(x) % (2 * size);
  // r against |y|/2, by whichever of 2r and |y|/2 is exact.
  const factor = size < 1 ? 2 : 1;
  const half = size < 1 ? size : 0.5 * size;
  if (factor * r > half) {
    r -= size;
    if (factor * r >= half) r -= size;
  }
  // A zero has the sign of x.
  const magnitude = r === 0 ? 0 : r;
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

/** True where x, y or z is an infinity or NaN. */
const unlimited = (x: number, y = 0, z = 0): boolean => x - x !== 0 || y - y !== 0 || z - z !== 0;

export const ieee: IeeeOperations = Object.freeze({
  add: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    return unlimited(x, y) ? special(x + y, [x, y], [a, b], engine.codes, context) : engine.sum(x, y, context);
  },

  sub: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    return unlimited(x, y) ? special(x - y, [x, y], [a, b], engine.codes, context) : engine.sum(x, -y, context);
  },

  mul: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    return unlimited(x, y) ? special(x * y, [x, y], [a, b], engine.codes, context) : engine.product(x, y, context);
  },

  div: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    if (y === 0 && !unlimited(x) && x !== 0) return poleResult(engine.codes, x / y < 0, context);
    const q = x / y;
    if (unlimited(x, y)) return q === 0 ? engine.write(q, context) : special(q, [x, y], [a, b], engine.codes, context);
    return y === 0 ? invalidResult(engine.codes, context) : engine.quotient(x, y, context);
  },

  sqrt: (a, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    if (x < 0) return invalidResult(engine.codes, context);
    return unlimited(x) ? special(x, [x], [a], engine.codes, context) : engine.root(x, context);
  },

  fma: (a, b, c, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    const z = engine.read(c);
    if (!unlimited(x, y, z)) return engine.fused(x, y, z, context);
    // ∞·0, also beside a NaN c. A product of finite numbers must not overflow here: only its sign matters, if at all.
    const product = unlimited(x, y) ? x * y : 0;
    if (Number.isNaN(product) && !Number.isNaN(x) && !Number.isNaN(y)) context.flags.invalid = true;
    return special(product + z, [x, y, z], [a, b, c], engine.codes, context);
  },

  remainder: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    if (!unlimited(x) && !Number.isNaN(y) && y !== 0) return engine.write(remainderOf(x, y), context);
    return special(Number.NaN, [x, y], [a, b], engine.codes, context);
  },

  roundToIntegral: (a, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    if (unlimited(x)) return special(x, [x], [a], engine.codes, context);
    const negative = x < 0 || Object.is(x, -0);
    const n = roundedInteger(Math.abs(x), negative, context);
    if (n !== Math.abs(x)) context.flags.inexact = true;
    return engine.write(negative ? -n : n, context);
  },

  compare: (a, b, format, context) => {
    const engine = engineOf(format);
    const x = engine.read(a);
    const y = engine.read(b);
    if (x < y) return 'less';
    if (x > y) return 'greater';
    if (x === y) return 'equal';
    if (isSignalling(a, engine.codes) || isSignalling(b, engine.codes)) context.flags.invalid = true;
    return 'unordered';
  },

  convert: (bits, from, to, context) => {
    const source = engineOf(from);
    const x = source.read(bits);
    const target = engineOf(to);
    if (!unlimited(x)) return target.write(x, context);
    if (Number.isNaN(x)) return nanResult(target.codes, isSignalling(bits, source.codes), context);
    return infiniteResult(target.codes, x < 0, context);
  },
} satisfies IeeeOperations);
