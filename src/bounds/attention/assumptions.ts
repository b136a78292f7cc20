/** What bounds of a layer's products from its tokens on assume alike. */
import type { Order } from '../../tensor/order.ts';
import type { CheckedAssumption } from '../define.ts';
import type { Matrix } from '../inputs.ts';
import { notStored } from '../operands.ts';
import type { ArithmeticInputs } from '../unit-roundoff.ts';

interface TokenInputs extends ArithmeticInputs {
  readonly tokens: Matrix;
  readonly order: Order;
}

export const tokenAssumptions: readonly CheckedAssumption<TokenInputs, never>[] = [
  {
    id: 'representable',
    text: 'the tokens are numbers of the format, none of them subnormal where subnormals are flushed',
    violated: (inputs) => notStored(inputs.tokens.data, inputs),
  },
  {
    id: 'order',
    text: 'no sum is compensated',
    violated: ({ order: { kind } }) => (kind === 'kahan' ? 'the order is kahan' : undefined),
  },
];
