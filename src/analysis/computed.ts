/** The interpreter that carries a policy out, on the backend that was asked for. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import { SoftfloatArithmetic, type SpecOf } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import type { AnalyzeOptions } from './options.ts';

export function computedArithmetic(backend: AnalyzeOptions['backend'], specOf: SpecOf): Arithmetic<unknown> {
  if (typeof backend === 'object') return backend.arithmetic('softfloat', specOf);
  return new (backend === 'scalar' ? SoftfloatArithmetic : CpuArithmetic)('softfloat', specOf) as Arithmetic<unknown>;
}
