/** Kahan's sum of one row of A times one panel of B: y = R(t − c), z = R(s + y), c = R(R(z − s) − y), s = z. */
import {
  Job, LANE_BELOW, LANE_EXPONENT, LANE_KEEP, LANE_LEAST, LANE_MAGIC, LANE_ONE, LANE_OVER, LANE_SHIFT, LANE_SIGN,
  LANE_SPECIAL, LANE_SPLITTER,
} from './layout';
import { canonical, canonical64, NATIVE } from './lanes';
import { plus, splat, times } from './tile';

@inline
export function kahanRow(
  kind: i32, job: Job, product: usize, accumulate: usize, a: usize, panel: usize, from: i32, to: i32, out: usize,
): void {
  const one = v128.load(accumulate, LANE_ONE), exponent = v128.load(accumulate, LANE_EXPONENT);
  const sign = v128.load(accumulate, LANE_SIGN);
  const below = v128.load(accumulate, LANE_BELOW), keep = v128.load(accumulate, LANE_KEEP);
  const least = v128.load(accumulate, LANE_LEAST), magic = v128.load(accumulate, LANE_MAGIC);
  const over = v128.load(accumulate, LANE_OVER), special = v128.load(accumulate, LANE_SPECIAL);
  const belowP = v128.load(product, LANE_BELOW), keepP = v128.load(product, LANE_KEEP);
  const leastP = v128.load(product, LANE_LEAST), magicP = v128.load(product, LANE_MAGIC);
  const overP = v128.load(product, LANE_OVER), specialP = v128.load(product, LANE_SPECIAL);
  const splitter = v128.load(accumulate, LANE_SPLITTER);
  const sp = load<i32>(product, LANE_SHIFT), sa = load<i32>(accumulate, LANE_SHIFT);
  const size: i32 = kind == NATIVE ? 8 : 4;
  const careful = kind != NATIVE;
  const none = kind == NATIVE ? i64x2.splat(0x8000000000000000) : i32x4.splat(0x80000000);

  for (let j: usize = 0; j < 64; j += 16) {
    // From s = −0 and c = +0 the first step gives s = R(t) and c = +0: t − 0 is t, −0 + t is t, (t − −0) − t is +0;
    // but an infinite t would leave c a NaN, so the first term is taken by itself.
    let s = none, c = i32x4.splat(0);
    let p = a, q = panel + j;
    for (let k = 0, terms = job.terms; k < terms; k++) {
      let t = i32x4.splat(0);
      if (k >= from && k < to) {
        const x = splat(kind, p);
        t = times(kind, careful, x, v128.load(q), sp, belowP, one, keepP, exponent, leastP, magicP, sign, splitter, overP, specialP);
      }
      if (k == 0) {
        s = plus(kind, careful, s, t, sa, below, one, keep, exponent, least, magic, sign, splitter, over, special);
      } else {
        const y = plus(kind, careful, negative(kind, c), t, sa, below, one, keep, exponent, least, magic, sign, splitter, over, special);
        const z = plus(kind, careful, s, y, sa, below, one, keep, exponent, least, magic, sign, splitter, over, special);
        const d = plus(kind, careful, z, negative(kind, s), sa, below, one, keep, exponent, least, magic, sign, splitter, over, special);
        c = plus(kind, careful, d, negative(kind, y), sa, below, one, keep, exponent, least, magic, sign, splitter, over, special);
        s = z;
      }
      p += size;
      q += 64;
    }
    v128.store(out + j, kind == NATIVE ? canonical64(s) : canonical(s));
  }
}

@inline
function negative(kind: i32, x: v128): v128 {
  return kind == NATIVE ? f64x2.neg(x) : f32x4.neg(x);
}
