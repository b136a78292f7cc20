/** Which rounding mode explains what + − × ÷ √ do, and whether exp, tanh and erf are correctly rounded. */
import { type BinaryFormat, roundingModes } from '../../formats/index.ts';
import { exactScalarsOf } from '../../softfloat/exact.ts';
import type { Scalars } from '../../softfloat/scalars.ts';
import type { Mode } from '../../tensor/index.ts';
import { type Case, type Finding, measuredOf, numeral } from './finding.ts';
import { type BinaryName, type Machine, pairs, type UnaryName } from './machine.ts';
import { anyNumbers, operands } from './numbers.ts';

const binaries = ['add', 'subtract', 'multiply', 'divide'] as const;
const exactNames = { add: 'add', subtract: 'sub', multiply: 'mul', divide: 'div' } as const;

/** Expected results in each mode, and the cases in which no mode has a subnormal (subnormals are measured apart). */
interface Expected {
  readonly name: BinaryName | 'sqrt';
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly results: ReadonlyMap<Mode, readonly number[]>;
}

/** The five operations on pairs of `operands`, by the exact oracle in each of the six modes. */
export function expectedRoundings(format: BinaryFormat): Expected[] {
  const values = operands(format);
  const scalars = new Map(
    roundingModes.map((mode) => [mode, exactScalarsOf({ format, mode, overflow: 'inf', subnormals: 'keep' })]),
  );
  // Both signs on the left are enough for every combination: each sum has its difference.
  const [left, right] = pairs(
    values,
    values.filter((x) => x > 0),
  );
  const cases = (
    name: Expected['name'],
    x: readonly number[],
    y: readonly number[],
    operation: (s: Scalars<number>) => (a: number, b: number) => number,
  ): Expected => {
    const all = [...scalars].map(([mode, s]) => [mode, x.map((a, i) => operation(s)(a, y[i]))] as const);
    const normal = x.map((_, i) =>
      all.every(([, results]) => results[i] === 0 || !(Math.abs(results[i]) < format.smallestNormal)),
    );
    const kept = <T>(xs: readonly T[]): T[] => xs.filter((_, i) => normal[i]);
    return { name, x: kept(x), y: kept(y), results: new Map(all.map(([mode, results]) => [mode, kept(results)])) };
  };
  const squares = [...values.filter((x) => x > 0), ...anyNumbers(format, 200, (x) => x >= format.smallestNormal)];
  return [
    ...binaries.map((name) => cases(name, left, right, (s) => s[exactNames[name]])),
    cases('sqrt', squares, squares, (s) => s.sqrt),
  ];
}

/** The mode that explains every result of the five operations; zeros of either sign are alike. */
export async function measureRounding(machine: Machine, expected: readonly Expected[]): Promise<Finding> {
  const { mode } = machine.spec;
  const explanations = new Map<string, string[]>();
  let cases = 0;
  for (const { name, x, y, results } of expected) {
    const computed = name === 'sqrt' ? await machine.unary(name, x) : await machine.binary(name, x, y);
    cases += x.length;
    const same = (a: number, b: number): boolean => a === b || Object.is(a, b);
    const explained: readonly Mode[] = roundingModes.filter((m) =>
      results.get(m)?.every((result, i) => same(result, computed[i])),
    );
    const wrong = results.get(mode)?.findIndex((result, i) => !same(result, computed[i])) ?? -1;
    const measured = explained.includes(mode)
      ? mode
      : explained.length > 0
        ? explained.join(' or ')
        : `no mode, ${name}(${name === 'sqrt' ? x[wrong] : `${x[wrong]}, ${y[wrong]}`}) = ${computed[wrong]}`;
    explanations.set(measured, [...(explanations.get(measured) ?? []), name]);
  }
  const agrees = explanations.size === 1 && explanations.has(mode);
  const measured =
    explanations.size === 1
      ? [...explanations.keys()][0]
      : [...explanations].map(([found, names]) => `${names.join(' ')}: ${found}`).join('; ');
  const { policy, format } = machine;
  return { property: 'rounding of + − × ÷ √', format: format.name, policy, declared: mode, measured, agrees, cases };
}

const SAMPLE = 150;
const CORRECT = 'correctly rounded';

/** exp, tanh and erf on a fixed sample, against the oracle. */
export async function measureElementary(machine: Machine, name: UnaryName & keyof Scalars<number>): Promise<Finding> {
  const format = machine.format as BinaryFormat;
  const limit = Math.min(16, format.largest);
  const sample = anyNumbers(format, SAMPLE, (x) => x >= Math.max(2 ** -12, format.smallestNormal) && x <= limit);
  const x = [...sample, ...sample.map((value) => -value), 1, -1, 0.5, -0.5, format.smallestNormal, 0];
  const computed = await machine.unary(name, x);
  const expected = x.map((value) => machine.oracle[name](value));
  const cases = x.map(
    (value, i): Case => ({
      what: `${name}(${numeral(value)})`,
      ...{ expected: expected[i], computed: computed[i] },
    }),
  );
  return {
    ...{ property: name, format: format.name, policy: machine.policy, declared: CORRECT },
    ...measuredOf(cases, CORRECT),
    cases: x.length,
  };
}
