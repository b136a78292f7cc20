/**
 * Operations that follow each other on the same elements, such as those of GELU: a few elements at a time go through all
 * of them while they are in a core's first cache.
 */
import { lookup } from './lookup';
import { binary, Unit } from './vectors';

/** One operation on registers, which are addresses: ../steps.ts writes it. */
@unmanaged
export class Step {
  /** An operation of vectors.ts, or one of those below. */
  op: i32;
  unit: Unit;
  out: usize;
  outKind: i32;
  a: usize;
  aKind: i32;
  b: usize;
  bKind: i32;
}

/** out = −a. */
const NEGATE: i32 = 4;
/** out = the table at b of out; the number of bits that are no index stand in bKind. */
const LOOKUP: i32 = 5;

/** Kinds of registers: an array of all elements, the thread's own scratch (an offset in it), one number for all. */
const ARRAY: i32 = 0;
const SCRATCH: i32 = 1;
const CONSTANT: i32 = 2;

/** Elements that go through all steps before the next ones. */
const CHUNK: i32 = 1024;
const STEP_BYTES: usize = 32;

/** ../steps.ts writes it. */
@unmanaged
export class StepsJob {
  steps: usize;
  count: i32;
  n: i32;
  /** Bytes of a number. */
  size: i32;
  perTask: i32;
  scratch: usize;
}

export function stepsTask(job: StepsJob, task: i32): void {
  const first = task * job.perTask, end = min(first + job.perTask, job.n);
  for (let i = first; i < end; i += CHUNK) {
    const n = min(CHUNK, end - i);
    for (let k = 0; k < job.count; k++) perform(job, changetype<Step>(job.steps + k * STEP_BYTES), i * job.size, n);
  }
}

function perform(job: StepsJob, step: Step, offset: usize, n: i32): void {
  const out = register(job, step.out, step.outKind, offset);
  const a = register(job, step.a, step.aKind, offset);
  if (step.op == LOOKUP) {
    lookup(step.b, step.bKind, out, n);
  } else if (step.op == NEGATE) {
    negate(out, a, n, job.size);
  } else {
    const b = register(job, step.b, step.bKind, offset);
    binary(step.op, step.unit, 1, n, out, 0, a, 0, i32(step.aKind != CONSTANT), b, 0, i32(step.bKind != CONSTANT));
  }
}

@inline
function register(job: StepsJob, at: usize, kind: i32, offset: usize): usize {
  return kind == ARRAY ? at + offset : kind == SCRATCH ? job.scratch + at : at;
}

/** Every sign the other one. */
function negate(out: usize, x: usize, n: i32, size: i32): void {
  const sign = size == 8 ? i64x2.splat(0x8000000000000000) : i32x4.splat(0x80000000);
  for (let i = 0; i < n * size; i += 16) v128.store(out + i, v128.xor(v128.load(x + i), sign));
}
