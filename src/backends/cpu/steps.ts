/** Operations that follow each other on the same elements, in one pass over memory (assembly/steps.ts). */
import type { Table } from './unary-tables.ts';
import { type Address, jobKinds, type KernelMemory, type NumberSize, type Operation, operations } from './wasm.ts';

/** Where the numbers of an operation are: in an array of all elements, in scratch, or one number for all elements. */
export interface Register {
  readonly at: Address;
  readonly kind: 0 | 1 | 2;
}

export const array = (at: Address): Register => ({ at, kind: 0 });
/** Scratch number 0 or 1. */
export const scratch = (index: 0 | 1, size: NumberSize): Register => ({ at: index * CHUNK * size, kind: 1 });
export const constant = (at: Address): Register => ({ at, kind: 2 });

/** The fields of assembly/steps.ts's Step. */
export type Step = readonly number[];

/** out = R(a ∘ b) in the way of `unit`. */
export function operate(op: Operation, unit: Address, out: Register, a: Register, b: Register): Step {
  return [operations.indexOf(op), unit, out.at, out.kind, a.at, a.kind, b.at, b.kind];
}
/** out = −a. */
export function negate(out: Register, a: Register): Step {
  return [4, 0, out.at, out.kind, a.at, a.kind, 0, 0];
}
/** x = table[x]. */
export function lookUp(x: Register, table: Table): Step {
  return [5, 0, x.at, x.kind, x.at, x.kind, table.at, table.shift];
}

/** As in assembly/steps.ts. */
const CHUNK = 1024;
/** What an element costs at each step, in multiplications of a matmul. */
const COST = 4;

/** Carries the steps out on n elements of `size` bytes. */
export function runSteps(memory: KernelMemory, steps: readonly Step[], n: number, size: NumberSize): void {
  memory.scope(() => {
    const at = memory.integersIn(steps.flat());
    const perTask = CHUNK * Math.ceil(memory.taskSize / (COST * steps.length * CHUNK));
    memory.run({
      kind: jobKinds.steps,
      tasks: Math.ceil(n / perTask),
      bytes: 24,
      write: (job) => {
        const room = memory.allocate(2 * CHUNK * size);
        memory.int32(job, 6).set([at, steps.length, n, size, perTask, room]);
      },
    });
  });
}
