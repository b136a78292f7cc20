import type { UnaryName } from '../../src/softfloat/scalars.ts';

export function checkCells(
  chunk: { name: UnaryName; from: number; to: number; stride: number },
  kernels: {
    evaluate(name: UnaryName, first: number, count: number): { values: Float64Array; undecided: ReadonlySet<number> };
    narrow(value: number, mode: string): number;
    scalars: readonly ((x: number) => number)[];
  },
): { count: number; undecided: number; mismatches: number; examples: readonly object[] };
