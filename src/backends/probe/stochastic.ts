/** Whether stochastic rounding takes the declared random words, and whether a sum of it shows a tree. */
import { SiteRoundings } from '../../arithmetic/stochastic.ts';
import type { BinaryFormat } from '../../formats/index.ts';
import { stochasticScalars } from '../../softfloat/stochastic.ts';
import { type Case, type Finding, measuredOf, numeral } from './finding.ts';
import { type Machine, pairs, SITE } from './machine.ts';
import { operands } from './numbers.ts';
import { matmulRows, nearMagnitudes, revealRows, rowSumRows } from './summation.ts';
import { treeText } from './tree-text.ts';

const names = { add: 'add', subtract: 'sub', multiply: 'mul', divide: 'div' } as const;

/** + − × ÷ √ and exp of pairs of numbers, each beside R of the exact result with the word of its address. */
export async function measureStochastic(machine: Machine): Promise<Finding> {
  const { spec } = machine;
  const format = machine.format as BinaryFormat;
  const { overflow, subnormals } = spec;
  const roundings = new SiteRoundings(SITE, spec.seed);
  const scalars = stochasticScalars({ format, overflow, subnormals }, () => roundings.word());
  const values = operands(format);
  const [x, y] = pairs(values, values.filter((value) => value > 0).slice(0, 40));
  const cases: Case[] = [];
  const compare = (
    name: string,
    computed: ArrayLike<number>,
    arguments_: string[],
    at: (i: number) => number,
  ): void => {
    const expected = roundings.operation(() => roundings.entries(arguments_.length, at));
    for (const [i, text] of arguments_.entries()) {
      cases.push({ what: `${name}(${text})`, expected: expected[i], computed: computed[i] });
    }
  };
  const both = x.map((a, i) => `${numeral(a)}, ${numeral(y[i])}`);
  for (const [name, scalar] of Object.entries(names) as [keyof typeof names, 'add' | 'sub' | 'mul' | 'div'][]) {
    compare(name, await machine.binary(name, x, y), both, (i) => scalars[scalar](x[i], y[i]));
  }
  for (const name of ['sqrt', 'exp'] as const) {
    compare(name, await machine.unary(name, y), y.map(numeral), (i) => scalars[name](y[i]));
  }
  return {
    ...{ property: 'rounding of + − × ÷ √ exp', format: format.name, policy: machine.policy, declared: spec.mode },
    ...measuredOf(cases, spec.mode),
    cases: cases.length,
  };
}

const NONE = 'no tree';
const TERMS = 8;

/** Stochastic sums show no tree: the same terms have other sums the next time. */
export async function measureNoTree(machine: Machine, operation: 'matmul' | 'rowSum'): Promise<Finding> {
  const format = machine.format as BinaryFormat;
  const sums = operation === 'matmul' ? matmulRows(machine, 1, false) : rowSumRows(machine);
  const [tree] = await revealRows(sums, TERMS, [nearMagnitudes(format, TERMS)]);
  return {
    ...{ property: `order of ${operation}`, format: format.name, policy: machine.policy, declared: NONE },
    ...{ measured: tree.kind === 'none' ? NONE : treeText(tree), agrees: tree.kind === 'none', cases: 1 },
  };
}
