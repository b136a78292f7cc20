/** What the bounds on activations and rotary embeddings share. */
import { type Format, type RoundingMode, round } from '../../formats/index.ts';
import type { CheckedAssumption } from '../define.ts';
import { arithmetic, vector } from '../inputs.ts';
import { isOperand } from '../operands.ts';

export const elementInputs = { x: vector('the entries, numbers of the format'), ...arithmetic };

export interface ElementInputs {
  readonly x: Float64Array;
  readonly format: Format;
  readonly mode?: RoundingMode | 'stochastic' | undefined;
  readonly subnormals?: 'keep' | 'flush' | undefined;
}

export const stored: CheckedAssumption<ElementInputs, never> = {
  id: 'stored',
  text: 'x holds numbers of the format, none of them subnormal where subnormals are flushed',
  violated({ x, format, subnormals }) {
    const other = x.find((entry) => !isOperand(entry, format, subnormals));
    return other === undefined ? undefined : `${other} is none in ${format.name}`;
  },
};

export const binary: CheckedAssumption<ElementInputs, never> = {
  id: 'binary',
  text: 'the format is binary, so that halving is exact',
  violated: ({ format }) => (format.kind === 'binary' ? undefined : `${format.name} is not`),
};

/**
 * At least the relative error of a constant as it is loaded: to nearest even in every mode. The constant is given as the
 * nearest float64, itself off by up to 2^−53.
 */
export function loadError(constant: number, { format, subnormals }: ElementInputs): number {
  const rounded = round(constant, format);
  const loaded = subnormals === 'flush' && Math.abs(rounded) < format.smallestNormal ? 0 : rounded;
  return Math.abs(loaded - constant) / constant + 2 ** -53;
}

export const arithmeticTexts = {
  u: 'unit roundoff',
  eta: 'what underflow can add to a product',
  etas: 'what underflow can add to a sum: 0 where underflow is gradual',
} as const;
