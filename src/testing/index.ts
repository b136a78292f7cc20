/**
 * `ulpwise/testing`: arbitraries for fast-check and a matcher for vitest, for the tests of low-precision code.
 * Loads neither of the two.
 */
export type { ArbitraryDecoder, DecoderConstraints } from './arbitraries/decoders.ts';
export { arbitraries } from './arbitraries/index.ts';
export type {
  ArbitraryTensor,
  FormatConstraints,
  NumberConstraints,
  TensorConstraints,
} from './arbitraries/numbers.ts';
export type { OrderConstraints, PolicyConstraints } from './arbitraries/policies.ts';
export { type BoundedRun, toRespect, ulpwiseMatchers } from './matchers.ts';
