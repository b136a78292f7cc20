import type { UnaryName } from '../../src/softfloat/scalars.ts';

export const ERROR: Float64Array;
export const EVALUATE: Readonly<Record<UnaryName, (x: number) => number>>;
export function float32Results(name: UnaryName, x: number, out: Float64Array): boolean;
