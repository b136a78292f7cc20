/** Seeded normal numbers in tasks of the pool (assembly/normal.ts). */
import { float64Functions } from '../../softfloat/float64.ts';
import { forEachUndecided, undecidedList } from './elementary-arrays.ts';
import { tablesOf } from './elementary-tables.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

/** Numbers in memory at once, and of a task. */
const PIECE = 1 << 18;
const TASK = 1 << 13;

const JOB_BYTES = 8 + 9 * 4;

export interface NormalSource {
  /** Philox's key, and the third word of its counters; the first is the index of a number, the others are 0. */
  readonly key: readonly [low: number, high: number];
  readonly name: number;
  readonly standardDeviation: number;
}

/** The first `size` < 2^32 numbers of a source. */
export function randomNormals(memory: KernelMemory, size: number, source: NormalSource): Float32Array {
  const { key, name, standardDeviation } = source;
  const result = new Float32Array(size);
  memory.load(tablesOf('log'));
  for (let first = 0; first < size; first += PIECE) {
    memory.scope(() => {
      const count = Math.min(PIECE, size - first);
      const numbers = memory.allocate((count + 3) * 4);
      const tails = memory.allocate((count + 3) * 16);
      const list = undecidedList(memory, count + 3);
      const fields = [count, TASK, numbers, tails, first, name, ...key, list];
      let written: Address = 0;
      memory.run({
        ...{ kind: jobKinds.normal, tasks: Math.ceil(count / TASK), bytes: JOB_BYTES },
        write: (job) => {
          memory.float64(job, 1)[0] = standardDeviation;
          memory.int32(job + 8, fields.length).set(fields);
          written = job;
        },
      });
      forEachUndecided(memory, list, (i, x) => memory.kernels.settleNormal(written, i, float64Functions.log(x)));
      result.set(memory.float32(numbers, count), first);
    });
  }
  return result;
}
