import type { Bound } from '../bound.ts';
import { attnChain } from './chain.ts';
import { attnLip } from './lipschitz.ts';
import { baekPredictor, riskA2 } from './predictors.ts';
import { scoreN } from './score-norm.ts';
import { scoreSpec } from './score-spectral.ts';
import { valueN } from './value-norm.ts';

export const attentionBounds: readonly Bound[] = [scoreN, scoreSpec, valueN, attnChain, attnLip, baekPredictor, riskA2];
