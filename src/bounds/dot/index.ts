import type { Bound } from '../bound.ts';
import { dotKahan } from './kahan.ts';
import { linear } from './linear.ts';
import { dotMixed } from './mixed.ts';
import { orderDiff } from './order-difference.ts';
import { dotProb } from './probabilistic.ts';
import { dotRms, dotRunning } from './running.ts';
import { dotFma, dotGamma, dotSeq } from './sequential.ts';
import { dotBlock, dotLanes, dotPair, dotSplitK } from './trees.ts';

/** Sums and inner products. */
export const dotBounds: readonly Bound[] = [
  ...[dotSeq, dotFma, dotGamma, dotPair, dotBlock, dotLanes, dotSplitK, dotKahan, dotMixed],
  ...[dotProb, dotRunning, dotRms, orderDiff, linear],
];
