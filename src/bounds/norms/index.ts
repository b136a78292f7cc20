/** Condition, sensitivity and rounding errors of LayerNorm and RMSNorm. */
import type { Bound } from '../bound.ts';
import { lnCond2, lnCondC, lnLipInf, rhoLN, rmsCondC } from './condition.ts';
import { lnOutlier } from './ln-outlier.ts';
import { lnRound } from './ln-round.ts';
import { lnVar } from './ln-var.ts';
import { onePassVar } from './one-pass-var.ts';
import { rmsRound } from './rms-round.ts';

export const normBounds: readonly Bound[] = [
  ...[lnCondC, lnCond2, rmsCondC, lnLipInf],
  ...[lnRound, rmsRound, lnVar, lnOutlier, onePassVar, rhoLN],
];
