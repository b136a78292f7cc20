import { describe, expect, it } from 'vitest';
import { withCanonicalNaN } from '../../src/tensor/index.ts';

describe('canonical NaN', () => {
  it('replaces every NaN of float32 and nothing else', () => {
    const words = [
      0x7f800001, 0xff800001, 0xffc00000, 0x7fffffff, 0x7f800000, 0xff800000, 0, 0x80000000, 1, 0x7f7fffff,
    ];
    const data = new Float32Array(Uint32Array.from(words).buffer);
    withCanonicalNaN(data);
    expect(Array.from(new Uint32Array(data.buffer))).toEqual([...Array(4).fill(0x7fc00000), ...words.slice(4)]);
  });
  it('replaces every NaN of float64 and nothing else, in a part of a buffer too', () => {
    const words = [
      ...[0x7ff0000000000001n, 0xfff0000100000000n, 0xfff8000000000000n, 0x7fffffffffffffffn],
      ...[0x7ff0000000000000n, 0xfff0000000000000n, 0n, 0x8000000000000000n, 1n, 0x7fefffffffffffffn],
    ];
    const data = new Float64Array(BigUint64Array.from(words).buffer);
    withCanonicalNaN(data.subarray(1));
    const nan = 0x7ff8000000000000n;
    expect(Array.from(new BigUint64Array(data.buffer))).toEqual([words[0], nan, nan, nan, ...words.slice(4)]);
  });
});
