/**
 * A formula from outside, `name = expression` over given names: arithmetic and a few functions, nothing that reaches further.
 * mathjs reads it and is asked for nothing else: what is not on the lists here is refused before, and the tree is evaluated
 * by this file on plain numbers, in as many steps as it has nodes.
 */
import { create, type MathNode, parseDependencies } from 'mathjs';
import { InputError } from '../formats/index.ts';

export interface UserFormula {
  readonly name: string;
  /** As it was given. */
  readonly text: string;
  /** The names that it reads, each once. */
  readonly symbols: readonly string[];
  /** The value in float64; Infinity and NaN as arithmetic has them. */
  evaluate(read: (symbol: string) => number): number;
}

type Evaluate = (read: (symbol: string) => number) => number;

export const LONGEST_FORMULA = 1000;
export const DEEPEST_FORMULA = 50;
const LONGEST_NAME = 40;

const functions: Readonly<
  Record<string, { readonly arguments: 'one' | 'some'; readonly f: (...x: number[]) => number }>
> = Object.freeze({
  abs: { arguments: 'one', f: Math.abs },
  sqrt: { arguments: 'one', f: Math.sqrt },
  exp: { arguments: 'one', f: Math.exp },
  log: { arguments: 'one', f: Math.log },
  log2: { arguments: 'one', f: Math.log2 },
  log10: { arguments: 'one', f: Math.log10 },
  min: { arguments: 'some', f: Math.min },
  max: { arguments: 'some', f: Math.max },
});

const operators: Readonly<Record<string, (a: number, b: number) => number>> = Object.freeze({
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  pow: (a, b) => a ** b,
  unaryMinus: (a) => -a,
  unaryPlus: (a) => a,
});

export const formulaFunctions: readonly string[] = Object.keys(functions);

const { parse } = create({ parseDependencies });

interface Token {
  readonly kind: 'name' | 'number' | 'symbol';
  readonly text: string;
  /** From 1. */
  readonly place: number;
}

/**
 * @param known the names that an expression may read
 * @throws InputError with the place where the text is not of this form, and the names where one is unknown
 */
export function parseUserFormula(text: string, known: readonly string[]): UserFormula {
  const fail = (place: number, what: string): never => {
    throw new InputError(`formula '${text}': ${what} (at character ${place})`);
  };
  if (text.length > LONGEST_FORMULA) {
    throw new InputError(`formula: expected at most ${LONGEST_FORMULA} characters, got ${text.length}`);
  }
  const [name, equals, ...tokens] = tokensOf(text, fail);
  if (name?.kind !== 'name' || equals?.text !== '=' || tokens.length === 0)
    fail(name?.place ?? 1, "expected name = expression, such as 'mine = u*kappa_val'");
  if (name.text.length > LONGEST_NAME) fail(name.place, `expected a name of at most ${LONGEST_NAME} characters`);
  if (known.includes(name.text) || Object.hasOwn(functions, name.text))
    fail(name.place, `expected a new name, got '${name.text}', which has a meaning already`);
  checkTokens(tokens, new Set(known), fail);
  const start = equals.place;
  const node = parsed(text.slice(start), start, fail);
  const symbols = new Set(
    tokens.filter((t) => t.kind === 'name' && !Object.hasOwn(functions, t.text)).map((t) => t.text),
  );
  const allowed = new Set(known);
  return {
    name: name.text,
    text,
    symbols: [...symbols],
    evaluate: compiled(node, allowed, (what) => fail(start + 1, what)),
  };
}

type Fail = (place: number, what: string) => never;

const TOKEN =
  /\s+|(?<name>[A-Za-z][A-Za-z0-9_]*)|(?<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<symbol>[-+*/^(),=])/y;

function tokensOf(text: string, fail: Fail): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined)
      return fail(at + 1, `expected names, numbers, + - * / ^ ( ) and commas, got '${[...text.slice(at)][0]}'`);
    for (const kind of ['name', 'number', 'symbol'] as const) {
      const found = groups[kind];
      if (found !== undefined) tokens.push({ kind, text: found, place: at + 1 });
    }
  }
  return tokens;
}

/** Names, the depth, and that no product is left to be guessed. */
function checkTokens(tokens: readonly Token[], known: ReadonlySet<string>, fail: Fail): void {
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    const { kind, text, place } = token;
    const next = tokens[i + 1];
    const called = kind === 'name' && Object.hasOwn(functions, text);
    if (text === '=') fail(place, "expected one '=' behind the name, got another");
    if (text === '(' && ++depth > DEEPEST_FORMULA) fail(place, `expected at most ${DEEPEST_FORMULA} nested brackets`);
    if (text === ')') depth--;
    if (kind === 'number' && !Number.isFinite(Number(text))) fail(place, `expected a finite number, got '${text}'`);
    if (kind === 'name' && !called && !known.has(text)) {
      const names = `${[...known].join(', ')}; functions: ${formulaFunctions.join(', ')}`;
      fail(place, `expected a known name, got '${text}'; known names: ${names}`);
    }
    if (called && next?.text !== '(') fail(place, `expected a bracket behind the function '${text}'`);
    const ends = kind === 'number' || (kind === 'name' && !called) || text === ')';
    if (ends && next !== undefined && (next.kind !== 'symbol' || next.text === '('))
      fail(next.place, `expected an operator behind '${text}', got '${next.text}'`);
  }
}

function parsed(expression: string, start: number, fail: Fail): MathNode {
  try {
    return parse(expression);
  } catch (error) {
    const { char } = error as { char?: unknown };
    const what = error instanceof Error ? error.message.replace(/ \(char \d+\)$/, '') : String(error);
    return fail(start + (typeof char === 'number' ? char : 1), what);
  }
}

/** The tree as a function of its names; whatever is not on the lists is refused. */
function compiled(node: MathNode, known: ReadonlySet<string>, refuse: (what: string) => never): Evaluate {
  const at = node as unknown as {
    readonly type: string;
    readonly value?: unknown;
    readonly name?: string;
    readonly content?: MathNode;
    readonly fn?: unknown;
    readonly args?: readonly MathNode[];
    readonly implicit?: boolean;
  };
  const parts = (): Evaluate[] => (at.args ?? []).map((part) => compiled(part, known, refuse));
  switch (at.type) {
    case 'ConstantNode': {
      const { value } = at;
      return typeof value === 'number' ? () => value : refuse('expected numbers');
    }
    case 'SymbolNode': {
      const name = at.name as string;
      return known.has(name) ? (read) => read(name) : refuse(`unknown name '${name}'`);
    }
    case 'ParenthesisNode':
      return compiled(at.content as MathNode, known, refuse);
    case 'OperatorNode': {
      const name = String(at.fn);
      if (!Object.hasOwn(operators, name) || at.implicit === true) return refuse(`'${name}' is not allowed`);
      const [a, b] = parts();
      const f = operators[name];
      return b === undefined ? (read) => f(a(read), 0) : (read) => f(a(read), b(read));
    }
    case 'FunctionNode': {
      const name = String((at.fn as { name?: unknown }).name);
      if (!Object.hasOwn(functions, name)) return refuse(`'${name}' is not a function here`);
      const args = parts();
      const entry = functions[name];
      if (args.length === 0 || (entry.arguments === 'one' && args.length > 1))
        return refuse(
          `${name}: expected ${entry.arguments} argument${entry.arguments === 'one' ? '' : 's'}, got ${args.length}`,
        );
      return (read) => entry.f(...args.map((argument) => argument(read)));
    }
    default:
      return refuse(`expected arithmetic, got a ${at.type}`);
  }
}
