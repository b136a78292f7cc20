/**
 * A job's tasks, taken by whichever thread is free: threads of even number from the front, the others from the back, so that
 * two threads work on different parts of what they read and write, and on the same parts from job to job. Tasks are numbered
 * on; those from POOL_FRONT to POOL_BACK exist and have not been taken. A thread that has taken a task holds up the end of its
 * job, so what the words from POOL_JOBS on say stays true until it is done; a thread that takes none (not started yet, ended)
 * holds up nobody.
 */
import { POOL_DONE, POOL_FIRST, POOL_FRONT, POOL_JOBS, POOL_JOB_BYTES, POOL_KIND, POOL_LIMIT, POOL_THREADS } from './layout';
import { runTask } from './tasks';

/**
 * Takes tasks while there are any: half of a thread's share of what is left at once, so that a thread meets the others at
 * the words only a few times in a job, and all end with small portions.
 */
export function takeTasks(thread: i32): void {
  for (;;) {
    // POOL_FRONT and POOL_BACK at once.
    const both = atomic.load<i64>(POOL_FRONT);
    const front = i32(both), back = i32(both >> 32);
    const left = back - front;
    if (left <= 0) return;
    const portion = max(1, left / (2 * load<i32>(POOL_THREADS)));
    const even = (thread & 1) == 0;
    const from = even ? front : back - portion, to = even ? front + portion : back;
    const rest = even ? bothOf(to, back) : bothOf(front, from);
    if (atomic.cmpxchg<i64>(POOL_FRONT, both, rest) != both) continue;
    const job = load<usize>(POOL_JOBS) + thread * load<i32>(POOL_JOB_BYTES);
    const kind = load<i32>(POOL_KIND), first = load<i32>(POOL_FIRST);
    for (let task = from; task != to; task++) {
      runTask(kind, job, task - first);
      atomic.add<i32>(POOL_DONE, 1);
    }
    // Only the last task of a job ends it; where it has been seen to end, there may be another job already.
    if (atomic.load<i32>(POOL_DONE) == atomic.load<i32>(POOL_LIMIT)) atomic.notify(POOL_DONE, 1);
  }
}

@inline
function bothOf(front: i32, back: i32): i64 {
  return i64(u32(front)) | (i64(back) << 32);
}

/**
 * How often a worker looks for a job before it sleeps: for about a tenth of a millisecond, longer than the calling thread
 * takes from one job of an operation to the next, because a sleeping thread takes as long as that to wake up.
 */
const LOOKS: i32 = 1 << 16;

/** What a worker does all its life: takes tasks, and sleeps while there are none. */
export function serve(thread: i32): void {
  for (;;) {
    const limit = atomic.load<i32>(POOL_LIMIT);
    takeTasks(thread);
    let looks = 0;
    while (looks < LOOKS && atomic.load<i32>(POOL_LIMIT) == limit) looks++;
    if (looks == LOOKS) atomic.wait<i32>(POOL_LIMIT, limit, -1);
  }
}
