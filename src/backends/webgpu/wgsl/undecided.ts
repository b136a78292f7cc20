/**
 * WGSL: the buffer `undecided`, where kernels list what fixed point cannot decide and find what the CPU has settled. Words: how
 * many elements were undecided; how many values are settled; a divisor of arguments' bits that are taken for undecided, to try
 * this, or 0; the first arguments listed, (function, bits) each; and the settled values: function, bits, e and m of `Value`.
 */

/** What `elementary` numbers. */
export const elementaryNames = Object.freeze(['exp', 'tanh', 'erf'] as const);
export type ElementaryName = (typeof elementaryNames)[number];

export const MOST_LISTED = 64;
export const LISTED_AT = 3;
export const SETTLED_AT = LISTED_AT + 2 * MOST_LISTED;
export const SETTLED_WORDS = 5;

/** Behind elementary.ts's `Approximation`. */
export const undecidedWgsl = `
// Only of arguments from 2^−7 up to 4, which are approximated in every function.
fn is_doubted(x: u32) -> bool {
  let divisor = atomicLoad(&undecided[2]);
  let e = magnitude_of(x) >> 23u;
  return divisor != 0u && e >= 120u && e < 129u && x % divisor == 0u;
}

// R(f(x)) of an approximation.
fn decided(r: Rounding, name: u32, x: u32, found: Approximation, word: u32) -> u32 {
  var value = found.value;
  let doubted = is_doubted(x);
  // What is not settled then shows.
  if (doubted) { value.m.hi ^= 0x40000000u; }
  let doubtful = doubted || found.up || found.down;
  var settled = false;
  for (var k = 0u; doubtful && !settled && k < atomicLoad(&undecided[1]); k++) {
    let at = ${SETTLED_AT}u + ${SETTLED_WORDS}u * k;
    if (atomicLoad(&undecided[at]) == name && atomicLoad(&undecided[at + 1u]) == x) {
      value.e = bitcast<i32>(atomicLoad(&undecided[at + 2u]));
      value.m = Wide(atomicLoad(&undecided[at + 3u]), atomicLoad(&undecided[at + 4u]));
      settled = true;
    }
  }
  let y = rounded(r, value, word);
  if (doubtful && !settled) {
    var other = add_wide(value.m, Wide(0u, 2u));
    let wrapped = found.up && other.hi == 0u;
    if (found.down) { other = subtract_wide(value.m, Wide(0u, 2u)); }
    if (doubted || wrapped || rounded(r, Value(value.sign, value.e, other), word) != y) {
      let k = atomicAdd(&undecided[0], 1u);
      if (k < ${MOST_LISTED}u) {
        atomicStore(&undecided[${LISTED_AT}u + 2u * k], name);
        atomicStore(&undecided[${LISTED_AT + 1}u + 2u * k], x);
      }
    }
  }
  return y;
}
`;
