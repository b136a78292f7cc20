/**
 * Philox4x32-10, as src/softfloat/philox.ts has it, where the constants are explained, at four counters at once, which are
 * the lanes of c0 … c3.
 */
@inline const M0: i32 = 0xd2511f53;
@inline const M1: i32 = 0xcd9e8d57;
@inline const W0: i32 = 0x9e3779b9;
@inline const W1: i32 = 0xbb67ae85;

let second: v128 = i64x2(0, 0);

/** The second words of the last results. */
@inline
export function secondWords(): v128 {
  return second;
}

/** The first words. */
export function firstWords(c0: v128, c1: v128, c2: v128, c3: v128, keyLow: u32, keyHigh: u32): v128 {
  const m0 = i32x4.splat(M0), m1 = i32x4.splat(M1);
  let k0 = i32x4.splat(keyLow), k1 = i32x4.splat(keyHigh);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0), b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1), d = i64x2.extmul_high_i32x4_u(c2, m1);
    // Upper halves of the products, and lower ones.
    c0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), c1), k0);
    c1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
    c2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), c3), k1);
    c3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
    k0 = i32x4.add(k0, i32x4.splat(W0));
    k1 = i32x4.add(k1, i32x4.splat(W1));
  }
  second = c1;
  return c0;
}
