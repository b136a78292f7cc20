import type { Trial } from '../trial.ts';
import { elementTrials } from './softmax/elements.ts';
import { matrixTrials } from './softmax/matrices.ts';
import { exactTrials } from './softmax/perturbed.ts';
import { rowTrials } from './softmax/rows.ts';

export const softmaxTrials: readonly Trial[] = [...elementTrials, ...rowTrials, ...exactTrials, ...matrixTrials];
