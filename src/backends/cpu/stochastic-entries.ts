/** Operations entry by entry, rounded stochastically on the kernels. */
import type { Addresses } from '../../arithmetic/stochastic.ts';
import { constantsOf, isFine, keysOf, ROUNDING_COST, SCRATCH, type StochasticContext } from './stochastic-job.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

/** In the order of assembly/stochastic/entries.ts; `round` is R(a). */
const operations = ['add', 'subtract', 'multiply', 'divide', 'round'] as const;
export type EntryOperation = (typeof operations)[number];

/** Entries in memory at once. */
const PIECE = 1 << 20;
/** Bytes of a job. */
export const ENTRIES_JOB = 16 * 4;

/** A job's numbers, and its first entry's number. */
export interface EntriesInput {
  readonly first: number;
  readonly entries: number;
  readonly a: Address;
  readonly b: Address;
  readonly out: Address;
}

/** Entries of a task, a multiple of those that are rounded together. */
function perTask(memory: KernelMemory): number {
  return 8 * Math.ceil(memory.taskSize / ROUNDING_COST / 8);
}

/** What writes a thread's copy of a job. */
export function entriesJob(
  memory: KernelMemory,
  operation: EntryOperation,
  context: StochasticContext,
  { first, entries, a, b, out }: EntriesInput,
  addresses: Addresses,
): (job: Address) => void {
  const { hash, step, part } = addresses;
  const [keys, format] = [keysOf(memory, addresses), constantsOf(memory, context)];
  return (job) => {
    const scratch = memory.allocate(SCRATCH);
    const fields = [
      ...[keys, hash, step, operations.indexOf(operation), entries, out, a, b, format],
      ...[isFine(context.format) ? 1 : 0, first, part.start, part.width, part.stride, perTask(memory), scratch],
    ];
    memory.int32(job, fields.length).set(fields);
  };
}

/** R(a[i] ∘ b[i]) of float32 numbers, to a format within float32; R(a[i]) where there is no b. */
export function roundedEntries(
  memory: KernelMemory,
  operation: EntryOperation,
  context: StochasticContext,
  a: Float32Array,
  b: Float32Array | undefined,
  addresses: Addresses,
): Float32Array {
  const result = new Float32Array(a.length);
  for (let first = 0; first < a.length; first += PIECE) {
    memory.scope(() => {
      const entries = Math.min(PIECE, a.length - first);
      const x = memory.copyIn(a.subarray(first, first + entries), 4);
      const y = b === undefined ? x : memory.copyIn(b.subarray(first, first + entries), 4);
      const out = memory.allocate(entries * 4);
      memory.run({
        kind: jobKinds.stochasticEntries,
        tasks: Math.ceil(entries / perTask(memory)),
        bytes: ENTRIES_JOB,
        write: entriesJob(memory, operation, context, { first, entries, a: x, b: y, out }, addresses),
      });
      result.set(memory.float32(out, entries), first);
    });
  }
  return result;
}
