/** What a task of each kind of job is. Tasks of a job may run in any order and at once: none reads what another writes. */
import { DecimalJob, decimalTask } from './decimal';
import { DoubleDoubleJob, doubleDoubleTask } from './double-double';
import { elementaryTask } from './elementary/arrays';
import { ElementaryJob } from './elementary/layout';
import { ErrorsJob, errorsTask } from './errors';
import {
  DECIMAL_JOB, DOUBLE_DOUBLE_JOB, ELEMENTARY_JOB, ERRORS_JOB, Job, LOGITS_JOB, MATMUL_JOB, NORM_JOB, NORMAL_JOB, PACK_JOB,
  ROTARY_JOB, ROUND_JOB, RoundJob, ROWS_JOB, SOFTMAX_JOB, STATISTICS_JOB, STEPS_JOB, STOCHASTIC_ENTRIES_JOB, STOCHASTIC_SUMS_JOB,
} from './layout';
import { LogitsJob, logitsTask } from './logits';
import { matmulTask } from './matmul';
import { NormJob, normTask } from './norm';
import { NormalJob, normalTask } from './normal';
import { PackJob, packTask, StatisticsJob, statisticsTask } from './pack';
import { RotaryJob, rotaryTask } from './rotary';
import { roundTask } from './round';
import { RowsJob, rowsTask } from './rows';
import { SoftmaxJob, softmaxTask } from './softmax';
import { StepsJob, stepsTask } from './steps';
import { entriesTask } from './stochastic/entries';
import { EntriesJob, SumsJob } from './stochastic/layout';
import { sumsTask } from './stochastic/sums';

/** Task number `task` of the job at `job`. */
export function runTask(kind: i32, job: usize, task: i32): void {
  if (kind == MATMUL_JOB) matmulTask(changetype<Job>(job), task);
  else if (kind == PACK_JOB) packTask(changetype<PackJob>(job), task);
  else if (kind == STATISTICS_JOB) statisticsTask(changetype<StatisticsJob>(job), task);
  else if (kind == ELEMENTARY_JOB) elementaryTask(changetype<ElementaryJob>(job), task);
  else if (kind == NORMAL_JOB) normalTask(changetype<NormalJob>(job), task);
  else if (kind == ROUND_JOB) roundTask(changetype<RoundJob>(job), task);
  else if (kind == LOGITS_JOB) logitsTask(changetype<LogitsJob>(job), task);
  else if (kind == ERRORS_JOB) errorsTask(changetype<ErrorsJob>(job), task);
  else if (kind == ROWS_JOB) rowsTask(changetype<RowsJob>(job), task);
  else if (kind == STEPS_JOB) stepsTask(changetype<StepsJob>(job), task);
  else if (kind == SOFTMAX_JOB) softmaxTask(changetype<SoftmaxJob>(job), task);
  else if (kind == NORM_JOB) normTask(changetype<NormJob>(job), task);
  else if (kind == ROTARY_JOB) rotaryTask(changetype<RotaryJob>(job), task);
  else if (kind == DOUBLE_DOUBLE_JOB) doubleDoubleTask(changetype<DoubleDoubleJob>(job), task);
  else if (kind == DECIMAL_JOB) decimalTask(changetype<DecimalJob>(job), task);
  else if (kind == STOCHASTIC_ENTRIES_JOB) entriesTask(changetype<EntriesJob>(job), task);
  else if (kind == STOCHASTIC_SUMS_JOB) sumsTask(changetype<SumsJob>(job), task);
}
