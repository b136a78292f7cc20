import type { Bound } from '../bound.ts';
import { expInput } from './exp-input.ts';
import { lampCol } from './lamp.ts';
import { lse, lseShifted } from './log-sum-exp.ts';
import { softmaxKL, softmaxTV } from './perturbed.ts';
import { softmaxRow } from './row-norm.ts';
import { softmaxShiftedC } from './shifted-componentwise.ts';
import { softmaxL1 } from './shifted-l1.ts';
import { softmaxShifted } from './shifted-norm.ts';
import { thetaOp } from './theta.ts';
import { softmaxUnshifted } from './unshifted-componentwise.ts';

export const softmaxBounds: readonly Bound[] = [
  expInput,
  softmaxUnshifted,
  softmaxShifted,
  softmaxShiftedC,
  softmaxL1,
  softmaxTV,
  softmaxKL,
  thetaOp,
  lse,
  lseShifted,
  softmaxRow,
  lampCol,
];
