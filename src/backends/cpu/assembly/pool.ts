/**
 * A job's tasks, taken one by one by whichever thread is free. Tasks are numbered on from job to job: those below TAKEN
 * have been taken, those below LIMIT exist. A thread that has taken a task holds up the end of its job, so what the words
 * from POOL_JOBS on say stays true until it is done; a thread that takes none (not started yet, ended) holds up nobody.
 */
import { POOL_DONE, POOL_FIRST, POOL_JOBS, POOL_JOB_BYTES, POOL_KIND, POOL_LIMIT, POOL_TAKEN, POOL_THREADS } from './layout';
import { runTask } from './tasks';

/**
 * Takes tasks while there are any: half of a thread's share of what is left at once, so that a thread meets the others at
 * the words only a few times in a job, has neighbouring tasks, and all end with small portions.
 */
export function takeTasks(thread: i32): void {
  for (;;) {
    const task = atomic.load<i32>(POOL_TAKEN);
    const left = atomic.load<i32>(POOL_LIMIT) - task;
    if (left <= 0) return;
    const end = task + max(1, left / (2 * load<i32>(POOL_THREADS)));
    if (atomic.cmpxchg<i32>(POOL_TAKEN, task, end) != task) continue;
    const job = load<usize>(POOL_JOBS) + thread * load<i32>(POOL_JOB_BYTES);
    const kind = load<i32>(POOL_KIND), first = load<i32>(POOL_FIRST);
    for (let next = task; next != end; next++) {
      runTask(kind, job, next - first);
      atomic.add<i32>(POOL_DONE, 1);
    }
    // Only the last task of a job ends it; where it has been seen to end, there may be another job already.
    if (atomic.load<i32>(POOL_DONE) == atomic.load<i32>(POOL_LIMIT)) atomic.notify(POOL_DONE, 1);
  }
}

/**
 * How often a worker looks for tasks before it sleeps: for about a tenth of a millisecond, longer than the calling thread
 * takes from one job of an operation to the next, because a sleeping thread takes as long as that to wake up.
 */
const LOOKS: i32 = 1 << 16;

/** What a worker does all its life: takes tasks, and sleeps while there are none. */
export function serve(thread: i32): void {
  for (;;) {
    takeTasks(thread);
    let looks = 0;
    while (looks < LOOKS && atomic.load<i32>(POOL_LIMIT) - atomic.load<i32>(POOL_TAKEN) <= 0) looks++;
    if (looks < LOOKS) continue;
    const limit = atomic.load<i32>(POOL_LIMIT);
    if (atomic.load<i32>(POOL_TAKEN) - limit >= 0) atomic.wait<i32>(POOL_LIMIT, limit, -1);
  }
}
