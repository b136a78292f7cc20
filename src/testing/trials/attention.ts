import type { Trial } from '../trial.ts';
import { chainTrials } from './attention/chain.ts';
import { normTrials } from './attention/norms.ts';
import { predictorTrials } from './attention/predictors.ts';

export const attentionTrials: readonly Trial[] = [...normTrials, ...chainTrials, ...predictorTrials];
