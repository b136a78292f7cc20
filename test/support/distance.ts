/** How far computed numbers are from those of an exact program, as double-double or decimal numbers have it. */
import type { Arithmetic } from '../../src/arithmetic/arithmetic.ts';
import type { Tensor } from '../../src/tensor/index.ts';

/**
 * |computed − exact| by entry, rounded to float64. Entries that are the same infinity are 0 apart; what is
 * not defined is Infinity.
 */
export async function distances<V>(computed: Tensor, exact: V, reference: Arithmetic<V>): Promise<Float64Array> {
  const theirs = await reference.lower(exact);
  const same = Float64Array.from(computed.data, (x, i) => (Number.isFinite(x) ? x : theirs.data[i]));
  const difference = await reference.lower(
    reference.subtract('', reference.lift({ shape: computed.shape, data: same }), exact),
  );
  return Float64Array.from(computed.data, (x, i) => {
    if (Object.is(x, theirs.data[i])) return 0;
    const distance = Math.abs(difference.data[i]);
    return Number.isFinite(x) && !Number.isNaN(distance) ? distance : Number.POSITIVE_INFINITY;
  });
}
