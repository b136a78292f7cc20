/**
 * `expect(run).toRespect(bound)` for vitest (and whatever takes matchers of this form):
 * `expect.extend(ulpwiseMatchers)`. vitest is not loaded from here; only its types are added to.
 */

// For the declaration below.
import type {} from 'vitest';
import { type Bound, bounds, type Scope, type ValidBound, type Values } from '../bounds/index.ts';
import { InputError } from '../formats/index.ts';
import { judge, list } from './judge.ts';

/** What was run, and how wrong it was. */
export interface BoundedRun {
  /** The bound's inputs: arrays, numbers and names (`ulpwise bounds ID` and `bounds.get(id).inputs` say which). */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The error, in the bound's sense (`bounds.get(id).quantity`): one number, or one for each component of the bound. */
  readonly observed: number | ArrayLike<number>;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

function runOf(received: unknown): { inputs: BoundedRun['inputs']; observed: Values } {
  const { inputs, observed } = (received ?? {}) as Partial<BoundedRun>;
  const errors = typeof observed === 'number' ? observed : numbersOf(observed);
  if (typeof inputs !== 'object' || inputs === null || errors === undefined) {
    throw new InputError('toRespect: expected { inputs, observed }: the inputs of the bound, and a number or numbers');
  }
  return { inputs, observed: errors };
}

function numbersOf(values: unknown): Float64Array | undefined {
  if (!(Array.isArray(values) || values instanceof Float64Array || values instanceof Float32Array)) return undefined;
  return Float64Array.from(values as ArrayLike<number>);
}

/** `n = 4, u = 0.00390625`: the formula's symbols, of one component. */
function symbolsText(scope: Scope, component: number): string {
  const at = (values: Values): number => (typeof values === 'number' ? values : values[component]);
  return Object.entries(scope)
    .map(([name, values]) => `${name} = ${at(values)}`)
    .join(', ');
}

/** What is printed where the error is above the bound, or is not although it was expected to be. */
function report(
  bound: Bound,
  inputs: BoundedRun['inputs'],
  result: ValidBound,
  observed: Values,
  not: boolean,
): string {
  const { worst } = judge(result, observed);
  const [errors, values, limits] = [observed, result.value, result.guaranteed ?? result.value].map(list);
  const component = values.length > 1 ? ` (component ${worst} of ${values.length})` : '';
  const scope = bound.scope(inputs) as Scope;
  const factor = bound.secondOrder === undefined ? '' : `\n  times:    ${bound.secondOrder.formula}`;
  return [
    `expected the error ${not ? 'to exceed' : 'not to exceed'} ${bound.id} (${bound.kind}), ${bound.quantity}${component}`,
    `  observed: ${errors[worst]}`,
    `  bound:    ${values[worst]}, guaranteed: ${limits[worst]}`,
    `  ratio:    ${errors[worst] / values[worst]}`,
    `  formula:  ${bound.formula}${factor}`,
    `  with      ${symbolsText(scope, worst)}`,
  ].join('\n');
}

/**
 * Passes if no component of the observed error is above what the bound guarantees: its value times the second-order
 * factor (of a probabilistic bound, which may fail now and then, its value).
 *
 * A bound that is not valid for the inputs says nothing, so both `toRespect` and `not.toRespect` fail, with the reason.
 * @throws InputError where there is no such bound, it is a heuristic, which bounds nothing, or the inputs are not its own
 */
export function toRespect(
  this: { readonly isNot?: boolean },
  received: unknown,
  expected: Bound | string,
): MatcherResult {
  const bound = typeof expected === 'string' ? bounds.get(expected) : expected;
  if (bound.kind === 'heuristic') {
    throw new InputError(`toRespect: expected a bound, got ${bound.id}, a heuristic, which bounds nothing`);
  }
  const { inputs, observed } = runOf(received);
  const result = bound.evaluate(inputs);
  if (!result.valid) {
    const message = `${bound.id} is not valid here, so it says nothing of the error: ${result.because}`;
    return { pass: this.isNot === true, message: () => message };
  }
  const { violated } = judge(result, observed);
  return { pass: !violated, message: () => report(bound, inputs, result, observed, !violated) };
}

/** For `expect.extend`. */
export const ulpwiseMatchers = Object.freeze({ toRespect });

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: merged declarations must have the same type parameters
  interface Matchers<T = any> {
    /** See `toRespect` of ulpwise/testing. */
    toRespect(bound: Bound | string): T;
  }
}
