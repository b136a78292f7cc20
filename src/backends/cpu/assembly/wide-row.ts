/**
 * One row of A times one panel of B for every format that fits in float32, in every mode and order: products are exact
 * in float64 (two operands of at most 24 bits), sums are rounded to odd in float64, then both are rounded once. The
 * accumulators (16 float64) stand in memory; this is the general path, for what the float32 lanes refuse.
 */
import { chainLength, mergesAfter, sameVisibility } from './chains';
import { Job, KAHAN } from './layout';
import { canonical } from './lanes';
import { modeOf, round64, sum64 } from './wide';

const ROW: usize = 128;

export function wideRow(job: Job, a: usize, panel: usize, from: i32, to: i32, out: usize): void {
  const base = job.scratch;
  if (job.combine == KAHAN) {
    kahan(job, a, panel, from, to, base);
  } else {
    chains(job, a, panel, from, to, base);
  }
  for (let j: usize = 0; j < 64; j += 8) {
    v128.store_lane<i64>(out + j, canonical(f32x4.demote_f64x2_zero(v128.load(base + 2 * j))), 0);
  }
}

/** The term of a·b at k: R_product of it, or the exact product. */
@inline
function termAt(job: Job, x: v128, q: usize, mode: i32): v128 {
  const t = f64x2.mul(x, f64x2.promote_low_f32x4(v128.load64_zero(q)));
  return job.exactProducts ? t : round64(t, job.wideProduct, mode);
}

@inline
function splat(p: usize): v128 {
  return f64x2.splat(f64(load<f32>(p)));
}

function chains(job: Job, a: usize, panel: usize, from: i32, to: i32, base: usize): void {
  const accumulate = job.wideAccumulate, mode = modeOf(accumulate), count = job.chains;
  let top = base;
  for (let chain = 0; chain < count; chain++) {
    let term = job.first + chain * job.firstStep;
    let left = chainLength(job, term);
    let fresh = true;
    if (job.startAtZero) {
      memory.fill(top, 0, ROW);
      fresh = false;
    }
    while (left > 0) {
      const visible = term >= from && term < to;
      let n = min(left, sameVisibility(term, job.step, from, to, from, to));
      left -= n;
      if (visible) {
        for (; n > 0; n--) {
          const x = splat(a + term * 4), q = panel + term * 64;
          if (fresh) {
            for (let j: usize = 0; j < 64; j += 8) {
              v128.store(top + 2 * j, round64(termAt(job, x, q + j, mode), accumulate, mode));
            }
            fresh = false;
          } else {
            for (let j: usize = 0; j < 64; j += 8) {
              const s = sum64(v128.load(top + 2 * j), termAt(job, x, q + j, mode), mode);
              v128.store(top + 2 * j, round64(s, accumulate, mode));
            }
          }
          term += job.step;
        }
      } else {
        // +0 again and again changes nothing after the first time.
        if (fresh) memory.fill(top, 0, ROW);
        else for (let j: usize = 0; j < ROW; j += 16) {
          v128.store(top + j, round64(sum64(v128.load(top + j), f64x2.splat(0), mode), accumulate, mode));
        }
        fresh = false;
        term += n * job.step;
      }
    }
    for (let merges = mergesAfter(job, chain, i32((top - base) / ROW)); merges > 0; merges--) {
      top -= ROW;
      for (let j: usize = 0; j < ROW; j += 16) {
        const s = sum64(v128.load(top + j), v128.load(top + j + ROW), mode);
        v128.store(top + j, round64(s, accumulate, mode));
      }
    }
    top += ROW;
  }
}

function kahan(job: Job, a: usize, panel: usize, from: i32, to: i32, base: usize): void {
  const accumulate = job.wideAccumulate, mode = modeOf(accumulate);
  for (let j: usize = 0; j < 64; j += 8) {
    let s = f64x2.splat(0), c = f64x2.splat(0);
    for (let k = 0, terms = job.terms; k < terms; k++) {
      const t = k >= from && k < to ? termAt(job, splat(a + k * 4), panel + k * 64 + j, mode) : f64x2.splat(0);
      if (k == 0) {
        s = round64(t, accumulate, mode);
      } else {
        const y = round64(sum64(f64x2.neg(c), t, mode), accumulate, mode);
        const z = round64(sum64(s, y, mode), accumulate, mode);
        const d = round64(sum64(z, f64x2.neg(s), mode), accumulate, mode);
        c = round64(sum64(d, f64x2.neg(y), mode), accumulate, mode);
        s = z;
      }
    }
    v128.store(base + 2 * j, s);
  }
}
