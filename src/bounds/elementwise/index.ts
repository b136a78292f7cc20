/** Activations and rotary embedding. */
import type { Bound } from '../bound.ts';
import { geluAbs, geluErfAbs } from './gelu.ts';
import { ropeRound } from './rope.ts';
import { siluAbs } from './silu.ts';

export const elementwiseBounds: readonly Bound[] = [geluAbs, geluErfAbs, siluAbs, ropeRound];
