/** Algorithm AS241 (PPND16), number by number: the oracle of src/backends/cpu/assembly/normal.ts. */

/** Degree 7, by Horner's rule. */
function polynomial(x: number, c: readonly number[]): number {
  return ((((((c[0] * x + c[1]) * x + c[2]) * x + c[3]) * x + c[4]) * x + c[5]) * x + c[6]) * x + c[7];
}

// PPND16's coefficients as float64, highest power first: |p − 1/2| ≤ 0.425, then √(−ln r) ≤ 5, then above.
const A = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const B = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const C = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const D = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const E = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const F = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

/**
 * The number below which a standard normal variable lies with probability p.
 *
 * Method: algorithm AS241 (PPND16): rational approximations in p − 1/2 and in √(−ln min(p, 1 − p)).
 * Error: about 1 part in 10^16 in exact arithmetic.
 * References: M. J. Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), 477–484.
 *
 * @param p strictly between 0 and 1
 * @param log the natural logarithm; its bits decide those of the tails
 */
export function normalQuantile(p: number, log: (x: number) => number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, A)) / polynomial(r, B);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const x = r <= 5 ? polynomial(r - 1.6, C) / polynomial(r - 1.6, D) : polynomial(r - 5, E) / polynomial(r - 5, F);
  return q < 0 ? -x : x;
}
