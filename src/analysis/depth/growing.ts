/** A bound that grows from step to step, beyond the range of float64 too. */

/** Beyond it the bound goes on as a logarithm. */
const LARGE = 1e280;

/** log10(10^a + 10^b). */
function logOfSum(a: number, b: number): number {
  const [high, low] = a >= b ? [a, b] : [b, a];
  return low === Number.NEGATIVE_INFINITY ? high : high + Math.log10(1 + 10 ** (low - high));
}

export class Growing {
  private value = 0;
  private log: number | undefined;

  /** The bound, undefined from where on only its logarithm is kept. */
  get number(): number | undefined {
    return this.log === undefined ? this.value : undefined;
  }

  set(value: number): void {
    if (value <= LARGE) [this.value, this.log] = [value, undefined];
    else this.log = Math.log10(value);
  }

  /** bound ← factor·bound + added, all finite and at least 0. */
  step(factor: number, added: number): void {
    const next = factor * this.value + added;
    if (this.log === undefined && next <= LARGE) this.value = next;
    else this.log = logOfSum((this.log ?? Math.log10(this.value)) + Math.log10(factor), Math.log10(added));
  }

  /** bound·scale, infinite where only the logarithm is kept, and its log10 to 12 digits, −∞ where it is 0. */
  scaled(scale: number): { readonly value: number; readonly log10: number } {
    // Math.log10 may differ in its last digit from engine to engine.
    const value = this.log === undefined ? this.value * scale * (1 + 2 ** -50) : Number.POSITIVE_INFINITY;
    const log10 = (this.log ?? Math.log10(this.value)) + Math.log10(scale);
    return { value, log10: Number(log10.toPrecision(12)) };
  }
}
