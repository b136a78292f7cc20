/** The bit patterns that a device is measured on. */

export interface ProbeCases {
  readonly count: number;
  readonly x: Float32Array<ArrayBuffer>;
  readonly y: Float32Array<ArrayBuffer>;
  readonly z: Float32Array<ArrayBuffer>;
}

/** Every pair of these is a case: the ends of the ranges, neighbours of powers of two, and others. */
const CHOSEN: readonly number[] = [
  ...[0x00000000, 0x00000001, 0x00000003, 0x00400000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff],
  ...[0x0e800000, 0x1f800000, 0x33800000, 0x33800001, 0x34000000, 0x3effffff, 0x3f000000, 0x3f7fffff],
  ...[0x3f800000, 0x3f800001, 0x3fc00000, 0x40000000, 0x40490fdb, 0x4b7fffff, 0x4b800001, 0x5f7fffff],
  ...[0x7e800000, 0x7f000000, 0x7f7fffff, 0x7f800000, 0x7fc00000],
].flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);

/** Pairs of numbers of few and of many bits whose exponents differ by 0 to 27: sums and products on and beside midpoints. */
const RANDOM = 4096;

function xorshift(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x;
  };
}

/** The same for every device: about 7000 cases. In every second one z is −R(x·y), or next to it. */
export function probeCases(): ProbeCases {
  const next = xorshift(0x2545f491);
  const pairs = CHOSEN.flatMap((a) => CHOSEN.map((b) => [a, b] as const));
  const significand = (): number => {
    const bits = next() & 0x7fffff;
    return next() % 3 === 0 ? bits : bits & (0x7fffff << (12 + (next() % 11)));
  };
  const number = (field: number): number => (((next() & 1) << 31) | (field << 23) | significand()) >>> 0;
  for (let i = 0; i < RANDOM; i++) {
    const field = 90 + (next() % 70);
    pairs.push([number(field), number(field - (next() % 28))]);
  }
  const count = pairs.length;
  const [x, y, z] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  const [a, b, c] = [x, y, z].map((numbers) => new Uint32Array(numbers.buffer));
  pairs.forEach(([first, second], i) => {
    a[i] = first;
    b[i] = second;
    if (i % 2 === 0) {
      z[i] = -(x[i] * y[i]);
      if (i % 8 === 0 && Number.isFinite(z[i])) c[i] += 1;
    } else {
      c[i] = i % 4 === 1 ? number(100 + (next() % 50)) : CHOSEN[next() % CHOSEN.length];
    }
  });
  return { count, x, y, z };
}
