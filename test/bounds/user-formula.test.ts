/** Users' formulas: arithmetic and nothing else. Oracle for values: mathjs itself. */
import fc from 'fast-check';
import { all, create } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { DEEPEST_FORMULA, formulaFunctions, LONGEST_FORMULA, parseUserFormula } from '../../src/bounds/user-formula.ts';
import { InputError } from '../../src/formats/index.ts';

const known = ['u', 'kappa_val', 'n', 'D'];
const values: Readonly<Record<string, number>> = { u: 2 ** -8, kappa_val: 3.5, n: 128, D: 64 };
const read = (name: string) => values[name];
// `predictable`: the root of a negative number is NaN, as here, and not complex.
const math = create(all, { number: 'number', predictable: true });

const value = (text: string) => parseUserFormula(`mine = ${text}`, known).evaluate(read);
const message = (text: string): string => {
  try {
    parseUserFormula(text, known);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error(`${text} was taken`);
};

const expressions = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('u', 'kappa_val', 'n', 'D', '2', '0.5', '1e-3', '.25'),
    fc.tuple(tie('tree'), fc.constantFrom('+', '-', '*', '/', '^', ' - '), tie('tree')).map((parts) => parts.join('')),
    tie('tree').map((x) => `(${x})`),
    tie('tree').map((x) => `-(${x})`),
    fc.tuple(fc.constantFrom('abs', 'exp', 'log', 'sqrt', 'log2', 'log10'), tie('tree')).map(([f, x]) => `${f}(${x})`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('tree'), tie('tree')).map(([f, x, y]) => `${f}(${x}, ${y})`),
  ),
})).tree;

describe('a formula of a user', () => {
  it('has a name, a text and the names that it reads', () => {
    const formula = parseUserFormula(' risk = u*kappa_val*(1 + kappa_val)^2', known);
    expect(formula).toMatchObject({ name: 'risk', text: ' risk = u*kappa_val*(1 + kappa_val)^2' });
    expect(formula.symbols).toEqual(['u', 'kappa_val']);
    expect(formula.evaluate(read)).toBe(2 ** -8 * 3.5 * 4.5 ** 2);
  });
  it('means what mathjs says', () => {
    fc.assert(
      fc.property(expressions, (text) => {
        fc.pre(text.length < LONGEST_FORMULA - 10);
        // Of two zeros, either is the smallest: + 0 leaves one.
        expect(value(text) + 0).toBe(math.evaluate(text, { ...values }) + 0);
      }),
      { numRuns: 300 },
    );
  });
  it('binds as arithmetic does', () => {
    expect(value('2^3^2')).toBe(512);
    expect(value('-2^2')).toBe(-4);
    expect(value('2^-1')).toBe(0.5);
    expect(value('8/4/2')).toBe(1);
    expect(value('1 - 2 - 3')).toBe(-4);
    expect(value('max(n, D, 3) + min(2)')).toBe(130);
    expect(value('1/0')).toBe(Number.POSITIVE_INFINITY);
    expect(value('10^10^10')).toBe(Number.POSITIVE_INFINITY);
  });
  it('names what it knows, and where it stops', () => {
    expect(message('mine = u*kapa_val')).toMatch(
      /expected a known name, got 'kapa_val'; known names: u, kappa_val, n, D; functions: abs, .*\(at character 10\)/,
    );
    expect(message('mine = u*(1 + n')).toMatch(/at character 16\)/);
    expect(message('mine = u**n')).toMatch(/at character 10\)/);
    expect(message('mine = 2u')).toMatch(/expected an operator behind '2', got 'u' \(at character 9\)/);
    expect(message('mine = kappa_val (1+u)')).toMatch(
      /expected an operator behind 'kappa_val', got '\(' \(at character 18\)/,
    );
    expect(message('mine = exp')).toMatch(/expected a bracket behind the function 'exp' \(at character 8\)/);
    expect(message('mine = exp(u, n)')).toMatch(/exp: expected one argument, got 2/);
    expect(message('mine = max()')).toMatch(/max: expected some arguments, got 0/);
    expect(message('u = n')).toMatch(/expected a new name, got 'u'/);
    expect(message('exp = n')).toMatch(/expected a new name/);
    expect(message('kappa_val')).toMatch(/expected name = expression/);
    expect(message('')).toMatch(/expected name = expression/);
    expect(message('mine = ')).toMatch(/expected name = expression/);
    expect(message('mine = 1e999')).toMatch(/expected a finite number/);
  });
  it('reaches nothing outside', () => {
    const attacks = [
      ...['mine = import("fs")', 'mine = evaluate("1")', 'mine = parse("1")', 'mine = createUnit("x")', 'mine = u; n'],
      ...[
        'mine = n = 2',
        'mine = n == 2',
        'f(x) = x',
        'mine = [1, 2]',
        'mine = {a: 1}',
        'mine = u.constructor',
        'mine = u[1]',
      ],
      ...['mine = constructor', 'mine = __proto__', 'mine = toString', '__proto__ = 1', 'mine = 1:10^9', 'mine = n!'],
      ...[
        'mine = u to n',
        'mine = n mod 2',
        'mine = 5 cm',
        'mine = true',
        'mine = null',
        'mine = end',
        'mine = i',
        'mine = pi',
      ],
      ...[
        'mine = cos(u)',
        "mine = u'",
        'mine = n ? 1 : 2',
        'mine = "text"',
        'mine = `text`',
        'mine = n % 2',
        'mine = (1, 2)',
      ],
      ...['mine = 0x10', 'mine = factorial(n)', 'mine = u\n= n', 'mine = u # n', 'mine = \u{1d4d0}', 'mine = 1, 2'],
    ];
    for (const text of attacks) expect(message(text), text).toMatch(/^formula/);
  });
  it('ends at once, however it is made', () => {
    expect(message(`mine = ${'9^'.repeat(500)}9`)).toMatch(/expected at most 1000 characters, got/);
    expect(value(`${'9^'.repeat(490)}9`)).toBe(Number.POSITIVE_INFINITY);
    expect(value(`${'-'.repeat(900)}1`)).toBe(1);
    expect(message(`mine = ${'('.repeat(DEEPEST_FORMULA + 1)}1`)).toMatch(/expected at most 50 nested brackets/);
    const deep = `${'abs('.repeat(DEEPEST_FORMULA)}u${')'.repeat(DEEPEST_FORMULA)}`;
    expect(value(deep)).toBe(2 ** -8);
    expect(message(`${'a'.repeat(41)} = 1`)).toMatch(/at most 40 characters/);
  });
  it('takes or refuses any text with an error of its own', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(...'mine=u*(1+n)^2/,. e'.split(''), 'kappa_val', 'exp(', 'max('),
          maxLength: 30,
        }),
        (text) => {
          try {
            expect(typeof parseUserFormula(text, known).evaluate(read)).toBe('number');
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
    );
    expect(formulaFunctions).toEqual(['abs', 'sqrt', 'exp', 'log', 'log2', 'log10', 'min', 'max']);
  });
});
