import type { Trial } from '../../trial.ts';
import { linear } from './linear.ts';
import { dotMixed } from './mixed.ts';
import { oneFormatTrials } from './one-format.ts';
import { orderDiff } from './order-difference.ts';
import { runningTrials } from './running.ts';

export const dotTrials: readonly Trial[] = [...oneFormatTrials, dotMixed, ...runningTrials, orderDiff, linear];
