/** Trials of errors through depth. */
import type { Trial } from '../trial.ts';
import { mapTrials } from './depth/maps.ts';
import { residualTrials } from './depth/residual.ts';
import { transportTrials } from './depth/transport.ts';

export const depthTrials: readonly Trial[] = [...residualTrials, ...mapTrials, ...transportTrials];
