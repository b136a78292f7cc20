/** The worst inputs that theory/norms.md names, found by climbing. */
import type { Trial, TrialCase } from '../../trial.ts';

type Sharp = Trial['sharp'];

const plain = { mode: 'nearest-even', subnormals: 'keep', order: 'sequential' } as const;
const sharp = (ratio: number, format: string, arrays: TrialCase['arrays'], scalars: TrialCase['scalars']): Sharp => ({
  ratio,
  trial: { ...plain, format, arrays, scalars },
});

export const sharpNorms = {
  lnRound: sharp(0.998, 'fp16', { x: [-8, -8.0078125], gamma: [1, 1] }, { epsilon: 0.27795274765230715 }),
  rmsRound: sharp(0.772, 'fp16', { x: [5.69140625], gamma: [-576.5] }, { epsilon: 0.17194742653163347 }),
  lnVar: sharp(0.908, 'fp16', { x: [-0.1195068359375, 0, 0] }, { epsilon: 0.2733144047055235 }),
  lnOutlier: sharp(0.449, 'fp16', { x: [68.625, 1.28125, 0.28125, 1.4619140625] }, { epsilon: 0 }),
  onePassVar: sharp(0.797, 'fp16', { x: [-4.99609375, 3.033203125, 1.138671875, 0.57470703125] }, {}),
  lnCondC: sharp(0.998, 'fp32', { x: [1, -1, 1, -1, 2 ** -10] }, { epsilon: 0 }),
  lnCond2: sharp(0.999999, 'fp32', { x: [1, 2, 3], d: [1, -2, 1] }, {}),
  rmsCondC: sharp(0.999999, 'fp32', { x: [0, 1, 2] }, { epsilon: 1e-5 }),
  lnLipInf: sharp(0.999999, 'fp32', { x: [1, 2, 3], gamma: [1, 1, 1] }, { epsilon: 0 }),
} satisfies Record<string, Sharp>;
