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

/** What engines leave open: a caller that wants the same bits everywhere brings its own. */
export interface ElementaryFunctions {
  readonly exp: (x: number) => number;
  readonly log: (x: number) => number;
  readonly log2: (x: number) => number;
  readonly log10: (x: number) => number;
  readonly pow: (x: number, y: number) => number;
}

/** How many numbers each function takes. */
const functions: Readonly<Record<string, 'one' | 'some'>> = Object.freeze({
  ...{ abs: 'one', sqrt: 'one', exp: 'one', log: 'one', log2: 'one', log10: 'one' },
  ...{ min: 'some', max: 'some' },
});

const operators: readonly string[] = ['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'];

type Meanings = Readonly<Record<string, (...x: number[]) => number>>;

/** Null-prototyped, so that nothing but these is found. */
function meanings(elementary: ElementaryFunctions): Meanings {
  const { exp, log, log2, log10, pow } = elementary;
  return Object.assign(Object.create(null), {
    ...{ abs: Math.abs, sqrt: Math.sqrt, min: Math.min, max: Math.max },
    ...{ exp, log, log2, log10, pow },
    add: (a: number, b: number) => a + b,
    subtract: (a: number, b: number) => a - b,
    multiply: (a: number, b: number) => a * b,
    divide: (a: number, b: number) => a / b,
    unaryMinus: (a: number) => -a,
    unaryPlus: (a: number) => a,
  });
}

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
 * @param elementary default: those of the engine
 * @throws InputError with the place where the text is not of this form, and the names where one is unknown
 */
export function parseUserFormula(
  text: string,
  known: readonly string[],
  elementary: ElementaryFunctions = Math,
): UserFormula {
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
    evaluate: compiled(node, { known: allowed, meaning: meanings(elementary) }, (what) => fail(start + 1, what)),
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

interface Language {
  readonly known: ReadonlySet<string>;
  readonly meaning: Meanings;
}

/** The tree as a function of its names; whatever is not on the lists is refused. */
function compiled(node: MathNode, language: Language, refuse: (what: string) => never): Evaluate {
  const at = node as unknown as {
    readonly type: string;
    readonly value?: unknown;
    readonly name?: string;
    readonly content?: MathNode;
    readonly fn?: unknown;
    readonly args?: readonly MathNode[];
    readonly implicit?: boolean;
  };
  const applied = (name: string): Evaluate => {
    const parts = (at.args ?? []).map((part) => compiled(part, language, refuse));
    const f = language.meaning[name];
    return (read) => f(...parts.map((part) => part(read)));
  };
  switch (at.type) {
    case 'ConstantNode': {
      const { value } = at;
      return typeof value === 'number' ? () => value : refuse('expected numbers');
    }
    case 'SymbolNode': {
      const name = at.name as string;
      return language.known.has(name) ? (read) => read(name) : refuse(`unknown name '${name}'`);
    }
    case 'ParenthesisNode':
      return compiled(at.content as MathNode, language, refuse);
    case 'OperatorNode': {
      const name = String(at.fn);
      return operators.includes(name) && at.implicit !== true ? applied(name) : refuse(`'${name}' is not allowed`);
    }
    case 'FunctionNode': {
      const name = String((at.fn as { name?: unknown }).name);
      if (!Object.hasOwn(functions, name)) return refuse(`'${name}' is not a function here`);
      const [takes, got] = [functions[name], at.args?.length ?? 0];
      if (got === 0 || (takes === 'one' && got > 1))
        return refuse(`${name}: expected ${takes} argument${takes === 'one' ? '' : 's'}, got ${got}`);
      return applied(name);
    }
    default:
      return refuse(`expected arithmetic, got a ${at.type}`);
  }
}
