/** log in double-double: a float64 estimate and one Newton step on e^y − 1. */
import { exponentOf, powerOfTwo } from '../../formats/float64.ts';
import { type DD, ddAdd, ddMul, twoSum } from '../dd-arithmetic.ts';
import { doubleDoubleFromFixed } from '../fixed-to-dd.ts';
import { lnTwo } from './constants.ts';
import { ddExpm1 } from './dd-exp.ts';

const LN_2 = doubleDoubleFromFixed(lnTwo(192), 192);

/**
 * ln x, relative error 2^−94, also near 1. ln 0 = −∞, below 0 NaN.
 * Method: x = m·2^k, ⅔ < m ≤ 4/3; y ≈ ln m by its series in atanh (error 2^−50), then with z = m·e^(−y) − 1 =
 * (m − 1) + m·(e^(−y) − 1): ln m = y + z − z²/2 + O(z³), z below 2^−49 |ln m|. The two parts of z cancel, their absolute errors
 * of 2^−95 |ln m| stay.
 */
export function ddLog(x: DD): DD {
  if (!(x.hi > 0)) return { hi: x.hi === 0 ? Number.NEGATIVE_INFINITY : Number.NaN, lo: 0 };
  if (x.hi === Number.POSITIVE_INFINITY) return { hi: x.hi, lo: 0 };
  // x = m'·2^e, 1 ≤ m' < 2, scaled in two steps: 2^−e alone would overflow for subnormal x.
  const e = exponentOf(x.hi);
  const half = e >> 1;
  const mantissa = x.hi * powerOfTwo(-half) * powerOfTwo(half - e);
  const k = mantissa > 4 / 3 ? e + 1 : e;
  const last = k === e ? 1 : 0.5;
  const m: DD = { hi: mantissa * last, lo: x.lo * powerOfTwo(-half) * powerOfTwo(half - e) * last };
  const minusOne = twoSum(m.hi, -1);
  const f: DD = twoSum(minusOne.hi, minusOne.lo + m.lo);
  const logM = f.hi === 0 ? { hi: f.hi, lo: 0 } : newton(m, f);
  return k === 0 ? logM : ddAdd(ddMul(LN_2, { hi: k, lo: 0 }), logM);
}

/** ln m with f = m − 1. */
function newton(m: DD, f: DD): DD {
  const s = f.hi / (2 + f.hi);
  const square = s * s;
  let series = 0;
  for (let n = 23; n >= 3; n -= 2) series = square * (1 / n + series);
  const y = 2 * s * (1 + series);
  const z = ddAdd(f, ddMul(m, ddExpm1({ hi: -y, lo: 0 })));
  const correction = ddAdd(z, { hi: -0.5 * z.hi * z.hi, lo: 0 });
  return ddAdd({ hi: y, lo: 0 }, correction);
}
