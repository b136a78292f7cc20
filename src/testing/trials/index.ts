/** The trials of all bounds, by the bound's id. */
import type { Trial } from '../trial.ts';
import { attentionTrials } from './attention.ts';
import { depthTrials } from './depth.ts';
import { dotTrials } from './dot/index.ts';
import { elementwiseTrials } from './elementwise.ts';
import { normTrials } from './norms.ts';
import { softmaxTrials } from './softmax.ts';

const all: readonly Trial[] = [
  ...dotTrials,
  ...softmaxTrials,
  ...attentionTrials,
  ...normTrials,
  ...elementwiseTrials,
  ...depthTrials,
];

export const trials: ReadonlyMap<string, Trial> = new Map(all.map((trial) => [trial.bound, trial]));
