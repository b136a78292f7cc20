/**
 * An elementary function of float32 numbers of at most 11 bits, from a complete table of its results (../unary-tables.ts):
 * a number of p bits is the top 8 + p bits of its float32, which are the index.
 */

/** Each of n numbers becomes its entry; `shift` is 24 − p. */
export function lookup(table: usize, shift: i32, x: usize, n: i32): void {
  for (const end = x + n * 4; x < end; x += 4) {
    store<u32>(x, load<u32>(table + (load<u32>(x) >>> shift << 2)));
  }
}
