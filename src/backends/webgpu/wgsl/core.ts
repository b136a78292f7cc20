/** WGSL that kernels with roundings begin with. */
import type { Mode } from '../../../tensor/index.ts';
import { operationsWgsl } from './operations.ts';
import { addressesWgsl, noWordsWgsl, philoxWgsl } from './philox.ts';
import { quickCoreWgsl } from './quick.ts';
import { roundingWgsl } from './rounding.ts';
import { valuesWgsl } from './values.ts';
import { bitsWgsl, wordsWgsl } from './words.ts';

/**
 * The same operations three times: in integers, in integers with random words, and with float32 operations where these are
 * right (quick.ts). Apart, because a device may carry out both sides of a branch.
 */
export type Core = 'integer' | 'stochastic' | 'quick';

const integerWgsl = [bitsWgsl, wordsWgsl, valuesWgsl, roundingWgsl, operationsWgsl, addressesWgsl].join('');

const texts: Readonly<Record<Core, string>> = {
  integer: integerWgsl + noWordsWgsl,
  stochastic: integerWgsl + philoxWgsl,
  quick: quickCoreWgsl,
};

export function coreWgsl(core: Core): string {
  return texts[core];
}

/** The core that is right for every operation of a mode. */
export function coreOf(mode: Mode): Core {
  return mode === 'stochastic' ? 'stochastic' : 'integer';
}
