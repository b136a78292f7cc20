/** Trials of dotSeq, dotFma, dotGamma, dotPair, dotBlock, dotLanes, dotSplitK, dotKahan and dotProb. */
import type { Trial, TrialCase } from '../../trial.ts';
import { outsideOfFormat, plainTrial, sharpOnCriticalPath } from './plain.ts';

/** The number in an order's text. */
const sizeOf = ({ order }: TrialCase): number => Number(/\d+/.exec(order)?.[0]);

const anyOrder = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'blocked(32)', 'lanes(8)', 'splitk(4)'];

const dotGamma = plainTrial({
  bound: 'dotGamma',
  order: (random) => random.pick(anyOrder),
  fma: 'either',
  sharp: sharpOnCriticalPath('sequential', 64),
  outside: { ...outsideOfFormat(), small: { x: Array(256).fill(0), y: Array(256).fill(0), format: 'bf16' } },
});

// z = (6u, 2 + 20u, 8 − 8u, −8u): the third is larger than the sum that it is added to. Products round towards z.
const kahanWorst: TrialCase = {
  ...{ format: 'tf32', mode: 'nearest-even', subnormals: 'keep', order: 'kahan', scalars: { fma: 0 } },
  arrays: {
    x: [1.15625, 1.505859375, 1.615234375, 1.333984375],
    y: [0.002532958984375, 1.333984375, 4.94921875, -0.0029296875],
  },
};

export const oneFormatTrials: readonly Trial[] = [
  plainTrial({
    bound: 'dotSeq',
    order: (random) => random.pick(['sequential', 'reversed']),
    fma: 'never',
    sharp: sharpOnCriticalPath('sequential', 64),
    outside: outsideOfFormat(),
  }),
  plainTrial({
    bound: 'dotFma',
    order: (random) => random.pick(['sequential', 'reversed']),
    fma: 'always',
    sharp: sharpOnCriticalPath('sequential', 64, true),
    outside: outsideOfFormat(),
  }),
  dotGamma,
  plainTrial({
    bound: 'dotPair',
    order: () => 'pairwise',
    fma: 'never',
    sharp: sharpOnCriticalPath('pairwise', 64),
    outside: outsideOfFormat(),
  }),
  plainTrial({
    bound: 'dotBlock',
    order: (random) => `blocked(${random.pick([1, 2, 4, 8, 32])})`,
    fma: 'either',
    extra: (trial) => ({ block: sizeOf(trial) }),
    sharp: sharpOnCriticalPath('blocked(8)', 64),
    outside: outsideOfFormat({ block: 8 }),
  }),
  plainTrial({
    bound: 'dotLanes',
    order: (random) => `lanes(${random.pick([1, 2, 4, 8, 32])})`,
    fma: 'either',
    extra: (trial) => ({ lanes: sizeOf(trial) }),
    sharp: sharpOnCriticalPath('lanes(8)', 64),
    outside: outsideOfFormat({ lanes: 8 }),
  }),
  plainTrial({
    bound: 'dotSplitK',
    order: (random) => `splitk(${random.pick([1, 2, 3, 4, 8])})`,
    fma: 'either',
    extra: (trial) => ({ chunks: sizeOf(trial) }),
    sharp: sharpOnCriticalPath('splitk(4)', 64),
    outside: outsideOfFormat({ chunks: 4 }),
  }),
  plainTrial({
    bound: 'dotKahan',
    order: () => 'kahan',
    fma: 'never',
    sharp: { trial: kahanWorst, ratio: 0.69 },
    outside: { ...outsideOfFormat(), precision: { x: [1], y: [1], format: 'e2m1' } },
  }),
  plainTrial({
    bound: 'dotProb',
    order: () => 'sequential',
    fma: 'never',
    extra: () => ({ lambda: 3 }),
    sharp: sharpOnCriticalPath('sequential', 64),
    outside: { ...outsideOfFormat({ lambda: 3 }), unbiased: { x: [1], y: [1], format: 'bf16', mode: 'up', lambda: 3 } },
  }),
];
