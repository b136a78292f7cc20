/** Trials of the bounds of an inner product in one format. */
import { type BinaryFormat, formats } from '../../../formats/index.ts';
import { parseOrder } from '../../../tensor/index.ts';
import { drawRounding, drawSubnormals } from '../../arithmetic.ts';
import type { Random } from '../../random.ts';
import type { Trial, TrialCase } from '../../trial.ts';
import { absoluteProduct, computed, distance, exactProduct } from './compute.ts';
import { criticalPath, drawFactors, onePlusU32 } from './inputs.ts';

export interface Plain {
  readonly bound: string;
  /** An order that the bound covers. */
  order(random: Random): string;
  /** Whether products are added with one rounding: never, always, or where the order allows it. */
  readonly fma: 'never' | 'always' | 'either';
  /** Further inputs of the bound. */
  extra?(trial: TrialCase): Readonly<Record<string, unknown>>;
  readonly sharp: Trial['sharp'];
  readonly outside: Trial['outside'];
}

export function plainTrial({ bound, order, fma, extra, sharp, outside }: Plain): Trial {
  return {
    bound,
    sharp,
    outside,
    draw(random: Random, format: BinaryFormat): TrialCase {
      const [rounding, subnormals, orderText] = [drawRounding(random), drawSubnormals(random), order(random)];
      const fused = fma === 'always' || (fma === 'either' && random.uniform() < 0.3 && orderText !== 'pairwise');
      const { x, y } = drawFactors(random, format, subnormals, orderText);
      return {
        ...{ format: format.name, ...rounding, subnormals, order: orderText, arrays: { x, y } },
        scalars: { fma: Number(fused) },
      };
    },
    observe(trial) {
      const result = computed(trial);
      if (result === undefined) return undefined;
      const { x, y } = trial.arrays;
      const { format, mode, subnormals } = trial;
      return {
        inputs: { x, y, format, mode, subnormals, ...extra?.(trial) },
        observed: distance(result.value, exactProduct(x, y), x.length, absoluteProduct(x, y)),
      };
    },
    *simpler(trial) {
      const { x, y } = trial.arrays;
      for (let i = 0; i < x.length && x.length > 1; i++) {
        yield { ...trial, arrays: { x: x.toSpliced(i, 1), y: y.toSpliced(i, 1) } };
      }
      if (trial.mode !== 'nearest-even') yield { ...trial, mode: 'nearest-even' };
      if (trial.subnormals === 'flush') yield { ...trial, subnormals: 'keep' };
    },
  };
}

/** In fp32, every rounding on the longest path is off by u in the same direction. */
export function sharpOnCriticalPath(order: string, n: number, fma = false): Trial['sharp'] {
  const { x, y } = criticalPath(parseOrder(order), n, formats.fp32.u, onePlusU32);
  const trial: TrialCase = {
    ...{ format: 'fp32', mode: 'nearest-even', subnormals: 'keep', order, arrays: { x, y } },
    scalars: { fma: Number(fma) },
  };
  return { trial, ratio: 0.99999 };
}

/** Inputs that are no numbers of the format, and inputs whose product overflows. */
export function outsideOfFormat(extra: Readonly<Record<string, unknown>> = {}): Trial['outside'] {
  return {
    representable: { x: [0.1], y: [1], format: 'fp16', ...extra },
    range: { x: [256, 256], y: [256, 1], format: 'fp16', ...extra },
  };
}
