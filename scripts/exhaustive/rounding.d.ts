import type { RoundingContext } from '../../src/softfloat/context.ts';
import type { Findings } from './tasks.js';

export function intervals<T>(
  from: number,
  to: number,
  resultOf: (code: number) => T,
): Iterable<{ start: number; end: number; result: T }>;
export function checkRounding(
  range: { from: number; to: number; stride: number },
  contexts: readonly RoundingContext[],
  roundings: {
    definition(x: number, context: RoundingContext): number;
    roundAll(values: Float32Array, context: RoundingContext, out: Float32Array): void;
    roundOne(x: number, context: RoundingContext): number;
  },
): Omit<Findings, 'from' | 'to' | 'seconds'>;
