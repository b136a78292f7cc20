/** Numbers as text: three digits for people, every digit for programs. */

/** `scientific` 1.23e-4, `fixed` 0.0123 or 12.3, `integer` 123. One form a column, so that its cells compare at a glance. */
export type NumberForm = 'scientific' | 'fixed' | 'integer';

/**
 * x to three significant digits, halves away from zero; integers in full.
 * Special cases: zero is `0`; `NaN`, `inf`, `-inf`; `fixed` outside 10^-3 … 10^6 falls back to `scientific`.
 */
export function shortNumber(x: number, form: NumberForm): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (x === 0) return '0';
  if (form === 'integer') return String(x);
  const scientific = x.toExponential(2).replace('e+', 'e');
  if (form === 'scientific') return scientific;
  // The exponent after rounding to three digits: 99.96 is 1.00e2, and so 100.
  const exponent = Number(scientific.split('e')[1]);
  return exponent < -3 || exponent > 5 ? scientific : x.toFixed(Math.max(0, 2 - exponent));
}

/** The shortest decimal that reads back as x; `NaN`, `Infinity`, `-Infinity`; the zero's sign is kept. */
export function exactNumber(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}

/** x to `digits` significant digits, for a line of prose. */
export function digitsOf(x: number, digits: number): string {
  return Number.isFinite(x) && x !== 0 ? x.toPrecision(digits).replace('e+', 'e') : shortNumber(x, 'scientific');
}
