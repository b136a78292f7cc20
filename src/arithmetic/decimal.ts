/** The strongest references: decimal numbers of any precision. */
import type { Decimal } from 'decimal.js';
import { decimalFromNumber, decimalScalars } from './decimal-scalars.ts';
import { ReferenceArithmetic } from './reference.ts';
import type { Store } from './scalar-arithmetic.ts';

/** Decimal numbers of `digits` significant digits, each operation correctly rounded (decimal.js). */
export class DecimalArithmetic extends ReferenceArithmetic<Decimal> {
  readonly name: string;
  constructor(digits: number) {
    super(decimalScalars(digits));
    this.name = `decimal:${digits}`;
  }
  protected negated(x: Decimal): Decimal {
    return x.negated();
  }
  protected override liftNumbers(numbers: ArrayLike<number>): Store<Decimal> {
    return Array.from(numbers, decimalFromNumber);
  }
}
