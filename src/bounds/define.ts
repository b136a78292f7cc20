/** Makes a bound of its parts: inputs are checked, then the assumptions in turn, and only then is there a number. */
import { z } from 'zod';
import { InputError } from '../formats/index.ts';
import type { Assumption, Bound, BoundInput, BoundValue, InvalidBound, Scope, Values } from './bound.ts';

/** Scalars of one component. */
export type Scalars<Symbol extends string> = Readonly<Record<Symbol, number>>;

export interface CheckedAssumption<Inputs, Symbol extends string> extends Assumption {
  /** What was found where the assumption does not hold. */
  violated(inputs: Inputs, scope: Readonly<Record<Symbol, Values>>): string | undefined;
}

export interface BoundDefinition<Shape extends z.ZodRawShape, Symbol extends string>
  extends Omit<Bound, 'inputs' | 'assumptions' | 'evaluate' | 'scope' | 'symbols' | 'secondOrder'> {
  /** A strict object; each entry described. */
  readonly inputs: Shape;
  readonly symbols: Readonly<Record<Symbol, string>>;
  readonly assumptions: readonly CheckedAssumption<z.output<z.ZodObject<Shape>>, NoInfer<Symbol>>[];
  /** The symbols' values, nonnegative where `value` adds them. */
  compute(inputs: z.output<z.ZodObject<Shape>>): Readonly<Record<Symbol, Values>>;
  /** The formula again, as code, for one component. */
  value(scalars: Scalars<Symbol>): number;
  readonly secondOrder?: { readonly formula: string; value(scalars: Scalars<Symbol>): number };
}

/**
 * Above any relative error of an evaluation: formulas here add and multiply nonnegative numbers, so that it is at most
 * the number of roundings on the longest path times 2^−53; that is below the number of input numbers + 2^10.
 */
function slackOf(inputs: object): number {
  let numbers = 2 ** 10;
  for (const value of Object.values(inputs)) {
    if (typeof value === 'object' && value !== null && 'length' in value) numbers += Number(value.length);
    else if (typeof value === 'object' && value !== null && 'data' in value)
      numbers += (value.data as Float64Array).length;
  }
  return 1 + numbers * 2 ** -52;
}

/** The number of components of the scope; undefined where nothing has components. */
function componentsOf(scope: Readonly<Record<string, Values>>): number | undefined {
  for (const name in scope) {
    const values = scope[name];
    if (typeof values !== 'number') return values.length;
  }
  return undefined;
}

/** f of every component of the scope, or of the scope itself where nothing has components. */
function eachComponent<Symbol extends string>(
  scope: Readonly<Record<Symbol, Values>>,
  f: (s: Scalars<Symbol>, i: number) => number,
): Values {
  const length = componentsOf(scope);
  if (length === undefined) return f(scope as Scalars<Symbol>, 0);
  const scalars = { ...scope } as Record<Symbol, number>;
  const names = (Object.keys(scope) as Symbol[]).filter((name) => typeof scope[name] !== 'number');
  const results = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    for (const name of names) scalars[name] = (scope[name] as Float64Array)[i];
    results[i] = f(scalars, i);
  }
  return results;
}

/** Each value times the second-order factor and the slack. */
function enlarged<Symbol extends string>(
  values: Values,
  slack: number,
  scope: Readonly<Record<Symbol, Values>>,
  factor: ((s: Scalars<Symbol>) => number) | undefined,
): Values {
  if (factor !== undefined) {
    return eachComponent(scope, (s, i) => (typeof values === 'number' ? values : values[i]) * factor(s) * slack);
  }
  return typeof values === 'number' ? values * slack : values.map((value) => value * slack);
}

function everyFinite(values: Values): boolean {
  return typeof values === 'number' ? Number.isFinite(values) : values.every(Number.isFinite);
}

/** An optional input means what it means where it is given, if nothing else is said. */
function meaningOf(type: z.ZodType): string {
  return (
    type.description ?? (type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType).description : undefined) ?? ''
  );
}

const notValid = (because: string): InvalidBound => ({ valid: false, because });

export function defineBound<Shape extends z.ZodRawShape, Symbol extends string>(
  definition: BoundDefinition<Shape, Symbol>,
): Bound {
  const { inputs, assumptions, compute, value, secondOrder, ...texts } = definition;
  const schema = z.strictObject(inputs);
  type Checked = z.output<typeof schema>;

  const parse = (given: Readonly<Record<string, unknown>>): Checked => {
    const result = schema.safeParse(given);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new InputError(`${texts.id}: ${issue.path.join('.') || 'inputs'}: ${issue.message}`);
  };
  const scopeOf = (checked: Checked): Readonly<Record<Symbol, Values>> | InvalidBound => {
    const scope = compute(checked as z.output<z.ZodObject<Shape>>);
    for (const { text, violated } of assumptions) {
      const found = violated(checked as z.output<z.ZodObject<Shape>>, scope);
      if (found !== undefined) return notValid(`${text}: ${found}`);
    }
    return scope;
  };
  const evaluate = (given: Readonly<Record<string, unknown>>): BoundValue => {
    const checked = parse(given);
    const scope = scopeOf(checked);
    if ('valid' in scope && scope.valid === false) return scope as InvalidBound;
    const symbols = scope as Readonly<Record<Symbol, Values>>;
    const result = eachComponent(symbols, value);
    if (!everyFinite(result)) return notValid('the formula is not finite');
    if (texts.kind === 'probabilistic' || texts.kind === 'heuristic')
      return { valid: true, value: result, guaranteed: undefined };
    const guaranteed = enlarged(result, slackOf(checked), symbols, secondOrder?.value);
    return everyFinite(guaranteed)
      ? { valid: true, value: result, guaranteed }
      : notValid('the second-order factor is not finite');
  };
  return Object.freeze({
    ...texts,
    secondOrder: secondOrder && { formula: secondOrder.formula },
    inputs: Object.entries(schema.shape).map(
      ([name, type]): BoundInput => ({
        name,
        meaning: meaningOf(type as z.ZodType),
        optional: (type as z.ZodType).safeParse(undefined).success,
      }),
    ),
    assumptions: assumptions.map(({ id, text }) => ({ id, text })),
    evaluate,
    scope: (given: Readonly<Record<string, unknown>>) => scopeOf(parse(given)) as Scope | InvalidBound,
  });
}
