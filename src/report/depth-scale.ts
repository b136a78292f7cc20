/** The vertical axis of the depth figure: bounds and ticks of a logarithmic scale, by decimal text alone. */

export interface LogScale {
  readonly low: number;
  readonly high: number;
  /** Labelled, with a grid line. */
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 5] as const;

/**
 * Bounds 1, 2 or 5 times a power of ten around positive finite values, at least a decade apart, with air on both sides;
 * ticks at powers of ten, and at 2 and 5 times them where there are few. Without values: 10^-8 to 1.
 */
export function logScale(values: readonly number[]): LogScale {
  const least = values.length === 0 ? 1e-8 : Math.min(...values);
  const most = values.length === 0 ? 0.5 : Math.max(...values);
  // Within the exponents of a float64, and never at its edges, where the scale would divide by zero.
  const clamp = (x: number) => Math.min(Math.max(x, 1e-300), 1e300);
  let low = stepBelow(clamp(least) / 1.3);
  let high = stepAbove(clamp(most) * 1.3);
  if (high / low < 10) {
    low = stepBelow(low / 2);
    high = stepAbove(high * 2);
  }
  return { low, high, ticks: ticksBetween(low, high) };
}

function ticksBetween(low: number, high: number): number[] {
  const [first, last] = [exponentOf(low), exponentOf(high)];
  const decades = last - first;
  const steps = decades <= 2 ? STEPS : ([1] as const);
  const every = Math.max(1, Math.ceil(decades / 9));
  const ticks: number[] = [];
  for (let e = first; e <= last; e++) {
    if (e % every !== 0) continue;
    for (const step of steps) ticks.push(Number(`${step}e${e}`));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** ⌊log10 x⌋, exactly. */
function exponentOf(x: number): number {
  return Number(x.toExponential().split('e')[1]);
}

function stepBelow(x: number): number {
  const e = exponentOf(x);
  return Number(`${[5, 2, 1].find((step) => Number(`${step}e${e}`) <= x) ?? 1}e${e}`);
}

function stepAbove(x: number): number {
  const e = exponentOf(x);
  const step = STEPS.find((candidate) => Number(`${candidate}e${e}`) >= x);
  return step === undefined ? Number(`1e${e + 1}`) : Number(`${step}e${e}`);
}

/** `10⁻³`, or `2·10⁻³`; plain decimals from 0.1 to 100. */
export function tickText(x: number): string {
  const [digits, exponent] = x.toExponential().split('e');
  const e = Number(exponent);
  if (e >= -1 && e <= 1) return String(x);
  const power = `10${[...String(e)].map((c) => SUPERSCRIPT[c]).join('')}`;
  return digits === '1' ? power : `${digits}·${power}`;
}

const SUPERSCRIPT: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((c, digit) => [String(digit), c])),
};
