/** Formulas of the catalogue as mathjs expressions: evaluated independently of the code, and as LaTeX. */
import { all, create, type EvalFunction, type MathNode } from 'mathjs';
import type { Scope, Values } from './bound.ts';

// Comparisons of tiny numbers are comparisons, not equal within 10^−15. (A smaller relTol is refused by ceil and floor.)
const math = create(all, { number: 'number', matrix: 'Array', relTol: 1e-15, absTol: 0 });

const compiled = new Map<string, EvalFunction>();

/** The formula's value in a scope, component by component where symbols have components. */
export function evaluateFormula(formula: string, scope: Scope): Values {
  let code = compiled.get(formula);
  if (code === undefined) {
    code = math.compile(formula);
    compiled.set(formula, code);
  }
  const at = { ...scope } as Record<string, number>;
  const vectors = Object.entries(scope).filter(
    (entry): entry is [string, Float64Array] => typeof entry[1] !== 'number',
  );
  if (vectors.length === 0) return code.evaluate(at);
  return Float64Array.from(vectors[0][1], (_, i) => {
    for (const [name, values] of vectors) at[name] = values[i];
    return (code as EvalFunction).evaluate(at);
  });
}

const GREEK: ReadonlySet<string> = new Set(
  'alpha beta gamma delta epsilon eta theta kappa lambda mu nu rho sigma phi chi omega'.split(' '),
);

/** A letter, with its number as an index; a Greek letter; a word upright. */
function symbolToLatex(name: string): string {
  if (GREEK.has(name)) return `\\${name}`;
  const [, letter, index] = /^([A-Za-z])(\d*)$/.exec(name) ?? [];
  if (letter === undefined) return `\\mathrm{${name}}`;
  // The space ends a command before it.
  return index === '' ? ` ${letter}` : ` ${letter}_{${index}}`;
}

/** The formula in LaTeX. */
export function formulaToLatex(formula: string): string {
  const handler = (node: MathNode): string | undefined =>
    'isSymbolNode' in node && node.isSymbolNode ? symbolToLatex((node as unknown as { name: string }).name) : undefined;
  return math.parse(formula).toTex({ parenthesis: 'auto', handler });
}

/** Names of the symbols that a formula reads. */
export function symbolsOf(formula: string): string[] {
  const names = new Set<string>();
  math.parse(formula).traverse((node, path, parent) => {
    const called = parent !== null && 'fn' in parent && path === 'fn';
    if ('isSymbolNode' in node && node.isSymbolNode && !called) names.add((node as unknown as { name: string }).name);
  });
  return [...names];
}
