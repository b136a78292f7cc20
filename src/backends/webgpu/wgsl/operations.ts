/** WGSL: the operations of a context on float32 bit patterns, special cases as in softfloat/exact-arithmetic.ts. */
export const operationsWgsl = `
fn convert(r: Rounding, x: u32, word: u32) -> u32 {
  let size = magnitude_of(x);
  if (size > INFINITY_BITS) { return r.nan; }
  if (size == INFINITY_BITS) { return infinity_of(r, x & SIGN_BIT); }
  if (size == 0u) { return zero_of(r, x); }
  return rounded(r, unpack(x), word);
}

// R(x + y) of exact values, of which one or both may be 0.
fn sum_of(r: Rounding, x: Value, y: Value, word: u32) -> u32 {
  let sum = add_values(x, y);
  if (sum.m.hi != 0u) { return rounded(r, sum, word); }
  if ((x.m.hi | y.m.hi) == 0u && x.sign == y.sign) { return zero_of(r, x.sign); }
  return r.cancelled;
}

// x + y where one of them is infinite or NaN.
fn unlimited_sum(r: Rounding, x: u32, y: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  if (a > INFINITY_BITS || b > INFINITY_BITS || (a == b && x != y)) { return r.nan; }
  return infinity_of(r, select(y, x, a == INFINITY_BITS) & SIGN_BIT);
}

fn add(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  if (magnitude_of(x) >= INFINITY_BITS || magnitude_of(y) >= INFINITY_BITS) { return unlimited_sum(r, x, y); }
  return sum_of(r, unpack(x), unpack(y), word);
}

fn subtract(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return add(r, x, y ^ SIGN_BIT, word); }

fn multiply(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let sign = (x ^ y) & SIGN_BIT;
  if (a >= INFINITY_BITS || b >= INFINITY_BITS) {
    if (a > INFINITY_BITS || b > INFINITY_BITS || a == 0u || b == 0u) { return r.nan; }
    return infinity_of(r, sign);
  }
  if (a == 0u || b == 0u) { return zero_of(r, sign); }
  return rounded(r, multiply_values(unpack(x), unpack(y)), word);
}

fn divide(r: Rounding, x: u32, y: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let sign = (x ^ y) & SIGN_BIT;
  if (a > INFINITY_BITS || b > INFINITY_BITS || (a == b && (a == 0u || a == INFINITY_BITS))) { return r.nan; }
  if (a == INFINITY_BITS || b == 0u) { return infinity_of(r, sign); }
  if (a == 0u || b == INFINITY_BITS) { return zero_of(r, sign); }
  return rounded(r, divide_values(unpack(x), unpack(y)), word);
}

fn fused_multiply_add(r: Rounding, x: u32, y: u32, z: u32, word: u32) -> u32 {
  let a = magnitude_of(x);
  let b = magnitude_of(y);
  let c = magnitude_of(z);
  if (a > INFINITY_BITS || b > INFINITY_BITS || c > INFINITY_BITS) { return r.nan; }
  if (a == INFINITY_BITS || b == INFINITY_BITS) {
    if (a == 0u || b == 0u) { return r.nan; }
    return unlimited_sum(r, ((x ^ y) & SIGN_BIT) | INFINITY_BITS, z);
  }
  if (c == INFINITY_BITS) { return infinity_of(r, z & SIGN_BIT); }
  return sum_of(r, multiply_values(unpack(x), unpack(y)), unpack(z), word);
}

fn root(r: Rounding, x: u32, word: u32) -> u32 {
  let size = magnitude_of(x);
  if (size == 0u) { return zero_of(r, x); }
  if (size > INFINITY_BITS || x != size) { return r.nan; }
  if (size == INFINITY_BITS) { return infinity_of(r, 0u); }
  return rounded(r, root_of_value(unpack(x)), word);
}
`;
