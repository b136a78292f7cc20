/** Operands. */

/** Uniform in (−½, ½), the same each time. */
export function numbers(count, seed) {
  let x = seed;
  const next = () => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    return x / 0x7fffffff - 0.5;
  };
  return Float32Array.from({ length: count }, next);
}
