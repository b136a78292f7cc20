/**
 * exp and e^x − 1 in double-double: the kernel of exp, tanh and log. Written out in scalars, because every object or
 * call here would be paid hundreds of millions of times; results go to a shared array instead of an object.
 */
import { powerOfTwo } from '../../formats/float64.ts';
import { type DD, ddDiv, quickTwoSum, twoSum } from '../dd-arithmetic.ts';
import { productError } from '../error-free.ts';
import { doubleDoubleFromFixed } from '../fixed-to-dd.ts';
import { lnTwo } from './constants.ts';
import { expFixed } from './fixed-point.ts';

/** ln 2/4096 in three parts: two of at most 30 bits, whose products with |n| < 2^23 are exact, and the rest. */
const STEP_WIDTH = 192;
const STEP = lnTwo(STEP_WIDTH) >> 12n;
const STEP_1 = Number(STEP >> BigInt(STEP_WIDTH - 42)) * 2 ** -42;
const STEP_2 = Number((STEP >> BigInt(STEP_WIDTH - 72)) - ((STEP >> BigInt(STEP_WIDTH - 42)) << 30n)) * 2 ** -72;
const STEP_3 = Number(STEP - ((STEP >> BigInt(STEP_WIDTH - 72)) << BigInt(STEP_WIDTH - 72))) * 2 ** -STEP_WIDTH;
const STEPS_PER_UNIT = 5909.278887481194; // 4096/ln 2 = 0x40b71547 652b82fe
/** Adding and subtracting 1.5·2^52 rounds to an integer. */
const TO_INTEGER = 6755399441055744;

const SIXTH_LOW = 9.25185853854297e-18; // 1/6 − fl(1/6) = 0x3c655555 55555555

/** 2^(j/64) − 1 and 2^(i/4096) − 1 for −32 ≤ i, j < 32, as hi and lo in turn. */
const [COARSE, FINE] = [64n, 4096n].map((denominator) => {
  const table = new Float64Array(128);
  const w = 192;
  for (let j = -32n; j < 32n; j++) {
    const { mantissa, k } = expFixed((j * lnTwo(w)) / denominator, w);
    const { hi, lo } = doubleDoubleFromFixed(
      (k < 0 ? mantissa >> BigInt(-k) : mantissa << BigInt(k)) - (1n << BigInt(w)),
      w,
    );
    table.set([hi, lo], 2 * Number(j + 32n));
  }
  return table;
});

/** Where `reduceExp` leaves m: hi, lo. */
export const REDUCED = new Float64Array(2);

/**
 * e^(xh + xl) = 2^k·(1 + m), √½ − 1 < m < √2 − 1 nearly: returns k and leaves m in REDUCED. |xh| < 1100.
 * Method: x = (4096 k + 64 j + i)·ln 2/4096 + r, |r| < 2^−13.5; 1 + m = 2^(j/64)·2^(i/4096)·e^r with tables of
 * 2^y − 1, e^r − 1 = r + r²(1/2 + r/6 + r²/24 + …) to r^7. None of the sums (1 + a)(1 + b) − 1 = a + b + ab below cancels
 * more than one bit, so that m, and with it e^x − 1 where k = 0, is accurate relative to itself.
 * Error: 2^−96 |m|. The largest part is the float64 tail w < 2^−18 of v, wrong by at most 3u relative: r²·w·3u < 2^−96.5
 * of r. Measured: 2^−96.9 at |x| = ln 2/8192, 2^−104 above 2^−6, and 2^−105.7 for e^x itself.
 */
export function reduceExp(xh: number, xl: number): number {
  const n = xh * STEPS_PER_UNIT + TO_INTEGER - TO_INTEGER;
  // r: exact down to the last two terms, which are below 2^−49.
  const t1 = -n * STEP_1;
  const s1 = xh + t1;
  const b1 = s1 - xh;
  const e1 = xh - (s1 - b1) + (t1 - b1);
  const t2 = -n * STEP_2;
  const s2 = s1 + t2;
  const b2 = s2 - s1;
  const e2 = s1 - (s2 - b2) + (t2 - b2);
  const s3 = s2 + xl;
  const b3 = s3 - s2;
  const e3 = s2 - (s3 - b3) + (xl - b3);
  const rest = e1 + e2 + e3 - n * STEP_3;
  const r = s3 + rest;
  const b4 = r - s3;
  const rl = s3 - (r - b4) + (rest - b4);
  // q = 1/2 + r·v, v = 1/6 + (r/24 + …).
  const w = r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040))));
  const v = 1 / 6 + w;
  const vl = 1 / 6 - v + w + SIXTH_LOW;
  const u = r * v;
  const ul = productError(r, v, u) + (r * vl + rl * v);
  const q = 0.5 + u;
  const ql = 0.5 - q + u + ul;
  // p = r + r²·q.
  const s = r * r;
  const sl = productError(r, r, s) + 2 * r * rl;
  const t = s * q;
  const tl = productError(s, q, t) + (s * ql + sl * q);
  const p0 = r + t;
  const pl0 = r - p0 + t + (rl + tl);
  const p = p0 + pl0;
  const pl = p0 - p + pl0;

  const i = ((n + 32) & 63) - 32;
  const m = (n - i) / 64;
  const j = ((m + 32) & 63) - 32;
  // c = b + p + b·p.
  const b = FINE[2 * i + 64];
  const g = b * p;
  const gl = productError(b, p, g) + (b * pl + FINE[2 * i + 65] * p);
  const c0 = b + p;
  const d0 = c0 - b;
  const c1 = b - (c0 - d0) + (p - d0);
  const c2 = c0 + g;
  const d2 = c2 - c0;
  const c3 = c0 - (c2 - d2) + (g - d2) + (c1 + (gl + (FINE[2 * i + 65] + pl)));
  const c = c2 + c3;
  const cl = c2 - c + c3;
  // m = a + c + a·c.
  const a = COARSE[2 * j + 64];
  const h = a * c;
  const hl = productError(a, c, h) + (a * cl + COARSE[2 * j + 65] * c);
  const m0 = a + c;
  const f0 = m0 - a;
  const m1 = a - (m0 - f0) + (c - f0);
  const m2 = m0 + h;
  const f2 = m2 - m0;
  const m3 = m0 - (m2 - f2) + (h - f2) + (m1 + (hl + (COARSE[2 * j + 65] + cl)));
  const hi = m2 + m3;
  REDUCED[0] = hi;
  REDUCED[1] = m2 - hi + m3;
  return (m - j) / 64;
}

/** x·2^k for the k of `reduceExp`, in two factors where one would leave the range. */
function scaled(x: number, k: number): number {
  if (k >= -1000 && k <= 1000) return x * powerOfTwo(k);
  return k > 0 ? x * 2 ** 1000 * powerOfTwo(k - 1000) : x * 2 ** -1000 * powerOfTwo(k + 1000);
}

/** e^x, relative error 2^−96 (for results above 2^−900); {∞, 0} above float64, {0, 0} below. */
export function ddExp(x: DD): DD {
  if (!(Math.abs(x.hi) < 760)) return { hi: x.hi > 0 ? Number.POSITIVE_INFINITY : x.hi < 0 ? 0 : Number.NaN, lo: 0 };
  const k = reduceExp(x.hi, x.lo);
  const sum = quickTwoSum(1, REDUCED[0]);
  const result = quickTwoSum(sum.hi, sum.lo + REDUCED[1]);
  const hi = scaled(result.hi, k);
  return { hi, lo: Number.isFinite(hi) ? scaled(result.lo, k) : 0 };
}

/** e^x − 1 for |x| < 700, relative error 2^−95, also for small x. */
export function ddExpm1(x: DD): DD {
  // In the kernel's products x² and less would underflow; the error of x is x/2 relative.
  if (Math.abs(x.hi) < 2 ** -200) return x;
  const k = reduceExp(x.hi, x.lo);
  if (k === 0) return { hi: REDUCED[0], lo: REDUCED[1] };
  const scale = powerOfTwo(k);
  const power = twoSum(scale, -1);
  const sum = twoSum(power.hi, scale * REDUCED[0]);
  return quickTwoSum(sum.hi, sum.lo + (power.lo + scale * REDUCED[1]));
}

/** tanh x = e/(e + 2) with e = e^(2|x|) − 1; relative error 2^−95, also for small x. */
export function ddTanh(x: DD): DD {
  if (!(Math.abs(x.hi) < 80)) return { hi: x.hi > 0 ? 1 : x.hi < 0 ? -1 : Number.NaN, lo: 0 };
  if (Math.abs(x.hi) < 2 ** -200) return x;
  const sign = x.hi < 0 ? -2 : 2;
  const e = ddExpm1({ hi: sign * x.hi, lo: sign * x.lo });
  const above = twoSum(e.hi, 2);
  const { hi, lo } = ddDiv(e, quickTwoSum(above.hi, above.lo + e.lo));
  return sign < 0 ? { hi: -hi, lo: -lo } : { hi, lo };
}
