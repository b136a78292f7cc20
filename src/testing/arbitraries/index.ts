/** Arbitraries for fast-check, which is handed in. */

import type { Format } from '../../formats/index.ts';
import { type DecoderConstraints, decoder } from './decoders.ts';
import type { FastCheck } from './fast-check.ts';
import {
  type FormatConstraints,
  format,
  type NumberConstraints,
  number,
  type TensorConstraints,
  tensor,
} from './numbers.ts';
import { type OrderConstraints, order, type PolicyConstraints, policy } from './policies.ts';

/**
 * What property tests of low-precision code draw from.
 * @param fc fast-check's default export
 *
 * @example
 * const { format, tensor } = arbitraries(fc);
 * fc.assert(fc.property(format().chain((of) => tensor(of)), ({ shape, data }) => { … }));
 */
export function arbitraries(fc: FastCheck) {
  return Object.freeze({
    format: (constraints?: FormatConstraints) => format(fc, constraints),
    number: (of: Format, constraints?: NumberConstraints) => number(fc, of, constraints),
    tensor: (of: Format, constraints?: TensorConstraints) => tensor(fc, of, constraints),
    order: (constraints?: OrderConstraints) => order(fc, constraints),
    policy: (constraints?: PolicyConstraints) => policy(fc, constraints),
    decoder: (constraints?: DecoderConstraints) => decoder(fc, constraints),
  });
}
