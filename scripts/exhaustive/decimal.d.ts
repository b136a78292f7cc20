import type { UnaryName } from '../../src/softfloat/scalars.ts';

export interface Place {
  negative: boolean;
  a: number;
  b: number;
  half: number;
  exact: boolean;
  odd: boolean;
}
export const MODES: readonly ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd'];
export const FUNCTIONS: readonly UnaryName[];
export function placeOf(
  name: UnaryName,
  x: number,
  format: { readonly precision: number; readonly emin: number; readonly emax: number },
): Place;
export function resultsOf(place: Place, out: Float64Array): void;
export function special(name: UnaryName, x: number): number | undefined;
