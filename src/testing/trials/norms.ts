/** Trials of the norms. */
import type { Trial } from '../trial.ts';
import { conditionTrials } from './norms/condition.ts';
import { normRoundingTrials } from './norms/rounding.ts';

export const normTrials: readonly Trial[] = [...conditionTrials, ...normRoundingTrials];
