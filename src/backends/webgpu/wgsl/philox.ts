/** WGSL: Philox4x32-10 (softfloat/philox.ts) and the addresses of stochastic roundings (arithmetic/stochastic.ts). */
export const addressesWgsl = `
// key (low, high), hash of the site's name, the operation's first step.
struct Addresses { key_low: u32, key_high: u32, hash: u32, step: u32, start: u32, width: u32, stride: u32 }

fn element_of(at: Addresses, index: u32) -> u32 {
  return at.start + (index / at.width) * at.stride + index % at.width;
}

`;

export const philoxWgsl = `
// The word of a rounding: the first of four at the counter (element, step, hash, 0).
fn random_word(at: Addresses, element: u32, step: u32) -> u32 {
  var c0 = element;
  var c1 = at.step + step;
  var c2 = at.hash;
  var c3 = 0u;
  var k0 = at.key_low;
  var k1 = at.key_high;
  for (var i = 0; i < 10; i++) {
    let p = multiply_wide(0xd2511f53u, c0);
    let q = multiply_wide(0xcd9e8d57u, c2);
    c0 = q.hi ^ c1 ^ k0;
    c1 = q.lo;
    c2 = p.hi ^ c3 ^ k1;
    c3 = p.lo;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return c0;
}

fn word_of(at: Addresses, element: u32, step: u32) -> u32 { return random_word(at, element, step); }
`;

/** For modes that take no words. */
export const noWordsWgsl = `
fn word_of(at: Addresses, element: u32, step: u32) -> u32 { return 0u; }
`;
