/** Operations entry by entry, rounded stochastically. */
import { canonical } from '../lanes';
import { EntriesJob, LANES, PREPARED } from './layout';
import { prepare, words } from './words';
import { limits, roundNumber, roundQuotient, roundSum } from './round';

const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;

/** Task number `task`: the entries from task·entriesPerTask on. What is read and written beyond the last one is padding. */
export function entriesTask(job: EntriesJob, task: i32): void {
  const from = task * job.entriesPerTask, to = min(from + job.entriesPerTask, job.entries);
  const prepared = job.scratch, elements = prepared + PREPARED;
  for (let i = from; i < to; i += LANES) {
    for (let lane = 0; lane < LANES; lane++) store<u32>(elements + 4 * lane, elementOf(job, u32(job.firstEntry + i + lane)));
    prepare(job, elements, prepared);
    words(job, job.step, prepared, elements);
    roundEntries(job, i, elements);
  }
}

/** Entries i to i + 7 with the words at `random`. A test calls it too, with words that decide. */
export function roundEntries(job: EntriesJob, i: i32, random: usize): void {
  for (let j: usize = 0; j < 32; j += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(job.a + 4 * i + j));
    const y = f64x2.promote_low_f32x4(v128.load64_zero(job.b + 4 * i + j));
    const r = f32x4.demote_f64x2_zero(operate(job, x, y, limits(random + j)));
    v128.store_lane<i64>(job.out + 4 * i + j, canonical(r), 0);
  }
}

@inline
function elementOf(job: EntriesJob, entry: u32): u32 {
  if (job.width == job.stride) return job.start + entry;
  return job.start + (entry / job.width) * job.stride + (entry % job.width);
}

@inline
function operate(job: EntriesJob, x: v128, y: v128, limit: v128): v128 {
  const operation = job.operation, format = job.format;
  if (operation == MULTIPLY) return roundNumber(f64x2.mul(x, y), limit, format);
  if (operation == DIVIDE) {
    return job.fine ? roundQuotient(x, y, limit, format, 1) : roundQuotient(x, y, limit, format, 0);
  }
  if (operation > DIVIDE) return roundNumber(x, limit, format);
  const t = operation == SUBTRACT ? f64x2.neg(y) : y;
  return job.fine ? roundSum(x, t, limit, format, 1) : roundSum(x, t, limit, format, 0);
}
