/**
 * A pool of threads over the kernels' memory. A large job is cut into tasks that the calling thread and the workers take
 * one by one (assembly/pool.ts), without a turn of the event loop; the calling thread waits only for tasks that a worker
 * has taken. So a worker that has not started yet, or never does, or has ended, is not waited for. Which thread takes a
 * task leaves no trace in the bits.
 */

/** What the workers need: the module, to instantiate over the memory. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** 1, 2, …; the calling thread is 0. */
  readonly thread: number;
}

export interface RunningWorker {
  stop(): void;
}

/** What differs between Node and a browser. */
export interface WorkerSource {
  /** Threads in all, the calling one included; read when the pool starts. */
  readonly threads: number;
  /** Whether the calling thread may sleep (a browser's main thread may not, and spins). */
  readonly maySleep: boolean;
  /**
   * Starts a worker that runs `body`, JavaScript text in which `setup` is the setup. It must not keep the process alive.
   * A worker that fails later may do so in silence.
   */
  start(body: string, setup: WorkerSetup): RunningWorker;
}

const BODY = 'new WebAssembly.Instance(setup.module, { env: { memory: setup.memory } }).exports.serve(setup.thread);';

/** Indices of the words of assembly/layout.ts. */
const [FRONT, BACK, LIMIT, DONE, JOBS] = [64, 68, 128, 192, 256].map((address) => address / 4);
const WORDS = 512 / 4;

/** A worker's task that is not done after so many naps of the calling thread never will be. */
const NAP_MILLISECONDS = 100;
const PATIENCE = 100;
/** How often the calling thread looks before it sleeps. */
const LOOKS = 20_000;

export class Pool {
  /** Copies of a job: one a thread. */
  readonly threads: number;
  private readonly words: Int32Array;
  private readonly takeTasks: (thread: number) => void;
  private readonly maySleep: boolean;
  private readonly patience: number;
  private readonly workers: RunningWorker[] = [];

  constructor(
    source: WorkerSource,
    setup: Omit<WorkerSetup, 'thread'>,
    takeTasks: (thread: number) => void,
    patience = PATIENCE,
  ) {
    this.words = new Int32Array(setup.memory.buffer, 0, WORDS);
    this.takeTasks = takeTasks;
    this.maySleep = source.maySleep;
    this.patience = patience;
    const { threads } = source;
    try {
      for (let thread = 1; thread < threads; thread++) this.workers.push(source.start(BODY, { ...setup, thread }));
    } catch {
      // As many as could be started; memory that cannot be shared starts none.
    }
    this.threads = this.workers.length + 1;
  }

  /**
   * Runs the tasks of a job of this kind (assembly/tasks.ts) whose copies lie at `jobs`, `jobBytes` apart.
   * @param meanwhile what the calling thread does before it takes tasks; none of them needs it
   * @returns false where a worker did not finish its task: it may still write to what the job may write to, and the pool
   * is of no use any more
   */
  run(kind: number, jobs: number, jobBytes: number, tasks: number, meanwhile?: () => void): boolean {
    const { words } = this;
    const first = Atomics.load(words, FRONT);
    const end = (words[LIMIT] + tasks) | 0;
    words.set([jobs, jobBytes, first, kind, this.threads], JOBS);
    Atomics.store(words, BACK, (first + tasks) | 0);
    Atomics.store(words, LIMIT, end);
    Atomics.notify(words, LIMIT, tasks - 1);
    let finished: boolean;
    try {
      meanwhile?.();
    } finally {
      // Whatever happened, the job has to end: its tasks write to memory that is free afterwards.
      this.takeTasks(0);
      finished = this.waitFor(end);
    }
    return finished;
  }

  private waitFor(end: number): boolean {
    for (let naps = 0; naps <= this.patience; naps++) {
      let done = Atomics.load(this.words, DONE);
      for (let look = 0; done !== end && look < LOOKS; look++) done = Atomics.load(this.words, DONE);
      if (done === end) return true;
      const before = done;
      this.nap(done);
      if (Atomics.load(this.words, DONE) !== before) naps = 0;
    }
    return false;
  }

  /** Until another task is done, or for a while. */
  private nap(done: number): void {
    if (this.maySleep) {
      Atomics.wait(this.words, DONE, done, NAP_MILLISECONDS);
      return;
    }
    const end = performance.now() + NAP_MILLISECONDS;
    while (Atomics.load(this.words, DONE) === done && performance.now() < end);
  }

  stop(): void {
    for (const worker of this.workers) worker.stop();
  }
}
