/** WGSL: float32 numbers as bits, and 64-bit integers as two words, which is what a significand with its tail needs. */

/** Parts of a float32. */
export const bitsWgsl = `
const INFINITY_BITS = 0x7f800000u;
const SIGN_BIT = 0x80000000u;

fn magnitude_of(bits: u32) -> u32 { return bits & 0x7fffffffu; }
`;

/** `Wide` is hi·2^32 + lo. Shifts by 32 and more are spelled out: WGSL takes a shift modulo 32. */
export const wordsWgsl = `
struct Wide { hi: u32, lo: u32 }

// x·y of two words.
fn multiply_wide(x: u32, y: u32) -> Wide {
  let xl = x & 0xffffu;
  let xh = x >> 16u;
  let yl = y & 0xffffu;
  let yh = y >> 16u;
  let low = xl * yl;
  let middle = xh * yl + (low >> 16u);
  let carry = xl * yh + (middle & 0xffffu);
  return Wide(xh * yh + (middle >> 16u) + (carry >> 16u), (carry << 16u) | (low & 0xffffu));
}

// x >> by for any by; 1s that are shifted out leave a 1 in the last place ("jamming", as SoftFloat has it).
fn shift_right_jam(x: Wide, by: u32) -> Wide {
  if (by == 0u) { return x; }
  if (by < 32u) {
    let lost = select(0u, 1u, (x.lo << (32u - by)) != 0u);
    return Wide(x.hi >> by, (x.hi << (32u - by)) | (x.lo >> by) | lost);
  }
  if (by == 32u) { return Wide(0u, x.hi | select(0u, 1u, x.lo != 0u)); }
  if (by < 64u) {
    let lost = select(0u, 1u, (x.lo | (x.hi << (64u - by))) != 0u);
    return Wide(0u, (x.hi >> (by - 32u)) | lost);
  }
  return Wide(0u, select(0u, 1u, (x.hi | x.lo) != 0u));
}

// x << by, by < 64.
fn shift_left(x: Wide, by: u32) -> Wide {
  if (by == 0u) { return x; }
  if (by < 32u) { return Wide((x.hi << by) | (x.lo >> (32u - by)), x.lo << by); }
  return Wide(x.lo << (by - 32u), 0u);
}

fn leading_zeros(x: Wide) -> u32 {
  return select(countLeadingZeros(x.hi), 32u + countLeadingZeros(x.lo), x.hi == 0u);
}

fn add_wide(x: Wide, y: Wide) -> Wide {
  let lo = x.lo + y.lo;
  return Wide(x.hi + y.hi + select(0u, 1u, lo < x.lo), lo);
}

fn subtract_wide(x: Wide, y: Wide) -> Wide {
  return Wide(x.hi - y.hi - select(0u, 1u, x.lo < y.lo), x.lo - y.lo);
}

fn less_wide(x: Wide, y: Wide) -> bool {
  return x.hi < y.hi || (x.hi == y.hi && x.lo < y.lo);
}
`;
