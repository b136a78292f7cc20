/** The experiments, each by its id. */
import { InputError } from '../formats/index.ts';
import { attentionPrecisionExperiment } from './attention-precision/index.ts';
import { biasedRoundingExperiment } from './biased-rounding/index.ts';
import { depthExperiment } from './depth/index.ts';
import type { Experiment } from './experiment.ts';
import { lipschitzExperiment } from './lipschitz/index.ts';
import { normsExperiment } from './norms/index.ts';
import { paddingExperiment } from './padding/index.ts';
import { plantedBugsExperiment } from './planted-bugs/index.ts';
import { predictorExperiment } from './predictor/index.ts';
import { residualScaleExperiment } from './residual-scale/index.ts';
import { shapesExperiment } from './shapes/index.ts';
import { softmaxExperiment } from './softmax/index.ts';

export const experiments: readonly Experiment[] = [
  attentionPrecisionExperiment,
  biasedRoundingExperiment,
  depthExperiment,
  lipschitzExperiment,
  normsExperiment,
  paddingExperiment,
  plantedBugsExperiment,
  predictorExperiment,
  residualScaleExperiment,
  shapesExperiment,
  softmaxExperiment,
];

/** @throws InputError where there is none of that id */
export function experimentOf(id: string): Experiment {
  const found = experiments.find((candidate) => candidate.id === id);
  if (found !== undefined) return found;
  throw new InputError(`run: expected an experiment of ${experiments.map((e) => e.id).join(', ')}, got '${id}'`);
}
