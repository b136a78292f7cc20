/** One operation on many rows, cut into blocks of rows. */
import { binary, Unit } from './vectors';

/** The arguments of `binary`; ../elementwise.ts writes it. */
@unmanaged
export class RowsJob {
  op: i32;
  unit: Unit;
  count: i32;
  width: i32;
  out: usize;
  outRow: i32;
  a: usize;
  aRow: i32;
  aStep: i32;
  b: usize;
  bRow: i32;
  bStep: i32;
  rowsPerTask: i32;
}

export function rowsTask(job: RowsJob, task: i32): void {
  const first = task * job.rowsPerTask, n = min(job.rowsPerTask, job.count - first);
  binary(
    job.op, job.unit, n, job.width, job.out + first * job.outRow, job.outRow,
    job.a + first * job.aRow, job.aRow, job.aStep, job.b + first * job.bRow, job.bRow, job.bStep,
  );
}
