/** Two operands laid over each other: nested loops with as few levels as the shapes allow. */
import { broadcastShapes } from '../../arithmetic/axes.ts';

/** `length` steps; each moves a and b on by so many numbers (0 where an operand is repeated). */
export interface Level {
  readonly length: number;
  readonly a: number;
  readonly b: number;
}

export interface Overlay {
  readonly shape: readonly number[];
  /** Outermost first; the last two are rows and what lies in a row, whose steps are 0 or 1. */
  readonly outer: readonly Level[];
  readonly rows: Level;
  readonly row: Level;
}

/** @throws InputError where the shapes do not broadcast. */
export function overlay(a: readonly number[], b: readonly number[]): Overlay {
  const shape = broadcastShapes(a, b);
  const [stepsA, stepsB] = [steps(a, shape), steps(b, shape)];
  const levels: Level[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const level = { length: shape[axis], a: stepsA[axis], b: stepsB[axis] };
    const inner = levels[0];
    if (level.length === 1) continue;
    if (inner !== undefined && level.a === inner.a * inner.length && level.b === inner.b * inner.length) {
      levels[0] = { ...inner, length: inner.length * level.length };
    } else {
      levels.unshift(level);
    }
  }
  while (levels.length < 2) levels.unshift({ length: 1, a: 0, b: 0 });
  return { shape, outer: levels.slice(0, -2), rows: levels[levels.length - 2], row: levels[levels.length - 1] };
}

/** How far a step along each axis of `to` moves in a tensor of shape `from`. */
function steps(from: readonly number[], to: readonly number[]): number[] {
  const result = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let i = 1; i <= from.length; i++) {
    const length = from[from.length - i];
    result[to.length - i] = length === 1 ? 0 : stride;
    stride *= length;
  }
  return result;
}

/** Calls `visit` with the offsets of every choice of outer steps, in row-major order. */
export function forEachOuter(
  levels: readonly Level[],
  visit: (offsetA: number, offsetB: number, index: number) => void,
): void {
  const counters = levels.map(() => 0);
  let [a, b] = [0, 0];
  for (let index = 0; ; index++) {
    visit(a, b, index);
    let i = levels.length - 1;
    for (; i >= 0; i--) {
      a += levels[i].a;
      b += levels[i].b;
      counters[i]++;
      if (counters[i] < levels[i].length) break;
      a -= levels[i].a * levels[i].length;
      b -= levels[i].b * levels[i].length;
      counters[i] = 0;
    }
    if (i < 0) return;
  }
}
