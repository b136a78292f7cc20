/** What becomes of subnormals, zeros, infinities and NaN, in every operation that meets them. */
import type { BinaryFormat } from '../../formats/index.ts';
import { type Case, type Finding, measuredOf, numeral } from './finding.ts';
import type { BinaryName, Machine, UnaryName } from './machine.ts';

const exactNames = { add: 'add', subtract: 'sub', multiply: 'mul', divide: 'div' } as const;

type Binary = readonly [name: BinaryName, x: number, y: number];
type Unary = readonly [name: UnaryName, x: number];

/** Operations beside what the exact oracle says, rounded as the policy declares. */
class Cases {
  readonly found: Case[] = [];
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  async binary(operations: readonly Binary[]): Promise<void> {
    for (const [name, x, y] of operations) {
      const [computed] = Array.from(await this.machine.binary(name, [x], [y]));
      this.add(`${name}(${numeral(x)}, ${numeral(y)})`, this.machine.oracle[exactNames[name]](x, y), computed);
    }
  }

  async unary(operations: readonly Unary[]): Promise<void> {
    for (const [name, x] of operations) {
      const [computed] = Array.from(await this.machine.unary(name, [x]));
      this.add(`${name}(${numeral(x)})`, this.machine.oracle[name](x), computed);
    }
  }

  /** A matmul of 1×1 matrices. */
  async product(x: number, y: number, expected = this.machine.oracle.mul(x, y)): Promise<void> {
    const [computed] = Array.from(await this.machine.matmul([x], [y]));
    this.add(`matmul([${numeral(x)}], [${numeral(y)}])`, expected, computed);
  }

  async sum(x: number, y: number, expected = this.machine.oracle.add(x, y)): Promise<void> {
    const [computed] = Array.from(await this.machine.rowSum([x, y], 2));
    this.add(`rowSum([${numeral(x)}, ${numeral(y)}])`, expected, computed);
  }

  add(what: string, expected: number, computed: number): void {
    this.found.push({ what, expected, computed });
  }

  finding(property: string, declared: string): Finding {
    const { format, policy } = this.machine;
    const { found } = this;
    return { property, format: format.name, policy, declared, ...measuredOf(found, declared), cases: found.length };
  }
}

/** Subnormal results of normal operands, and subnormal operands of normal results; `keep` or `flush`. */
export async function measureSubnormals(machine: Machine): Promise<Finding[]> {
  const { smallestNormal: normal } = machine.format as BinaryFormat;
  const small = normal / 2;
  const declared = machine.spec.subnormals;
  const flushes = declared === 'flush';
  const results = new Cases(machine);
  const operands = new Cases(machine);
  for (const sign of [1, -1]) {
    const [s, n] = [sign * small, sign * normal];
    await results.binary([
      ['add', 1.5 * n, -n],
      ['subtract', 1.5 * n, n],
      ['multiply', n, 0.5],
      ['divide', n, 2],
    ]);
    await results.product(n, 0.5);
    await results.sum(1.5 * n, -n);
    // What the policy makes of an operand is its own; the oracle flushes results only.
    const kept = (x: number): number => (flushes ? 0 * x : x);
    const computed = async (name: BinaryName, x: number, y: number): Promise<number> =>
      Array.from(await machine.binary(name, [x], [y]))[0];
    const flushed = { add: kept(n), subtract: kept(n), multiply: kept(n), divide: kept(n) };
    const uses: Binary[] = [
      ['add', s, s],
      ['subtract', s, -s],
      ['multiply', s, 2],
      ['divide', s, 0.5],
    ];
    for (const [name, x, y] of uses) {
      operands.add(`${name}(${x}, ${y})`, flushed[name], await computed(name, x, y));
    }
    await operands.product(s, 2, kept(n));
    await operands.sum(s, s, kept(n));
  }
  const [root] = Array.from(await machine.unary('sqrt', [small]));
  operands.add(`sqrt(${small})`, machine.oracle.sqrt(flushes ? 0 : small), root);
  return [results.finding('subnormal results', declared), operands.finding('subnormal operands', declared)];
}

/** IEEE 754's signs of zeros. */
export async function measureSignedZero(machine: Machine): Promise<Finding> {
  const cases = new Cases(machine);
  const tiny = (machine.format as BinaryFormat).smallestNormal;
  await cases.binary([
    ['add', 0, 0],
    ['add', -0, -0],
    ['add', -0, 0],
    ['add', 1, -1],
    ['subtract', 0, 0],
    ['subtract', -0, 0],
    ['subtract', 1, 1],
    ['multiply', -0, 1],
    ['multiply', -1, 0],
    ['multiply', -0, -1],
    ['multiply', -tiny, tiny],
    ['divide', -0, 1],
    ['divide', 0, -1],
  ]);
  await cases.unary([
    ['sqrt', -0],
    ['tanh', -0],
    ['erf', -0],
  ]);
  await cases.product(-0, 1);
  await cases.product(-1, 0);
  await cases.sum(-0, -0);
  await cases.sum(-0, 0);
  await cases.sum(1, -1);
  const { arithmetic } = machine;
  const [negated] = Array.from(await machine.numbers(arithmetic.negate(machine.value([1], [0]))));
  cases.add('negate(0)', -0, negated);
  return cases.finding('sign of zero', 'IEEE 754');
}

/** Invalid operations, division by zero, and what NaN and ∞ lead to. */
export async function measureNonFinite(machine: Machine): Promise<Finding> {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const cases = new Cases(machine);
  await cases.binary([
    ['add', nan, 1],
    ['subtract', 1, nan],
    ['multiply', nan, 0],
    ['divide', nan, 2],
    ['divide', 2, nan],
    ['divide', 0, 0],
    ['divide', 1, 0],
    ['divide', -1, 0],
    ['divide', 1, -0],
  ]);
  await cases.unary([
    ['sqrt', -1],
    ['sqrt', nan],
    ['exp', nan],
    ['tanh', nan],
    ['erf', nan],
  ]);
  await cases.product(nan, 0);
  await cases.sum(nan, 1);
  if (machine.format.infinities) {
    await cases.binary([
      ['add', infinity, -infinity],
      ['add', infinity, 1],
      ['subtract', infinity, infinity],
      ['multiply', infinity, 0],
      ['multiply', infinity, -1],
      ['divide', infinity, infinity],
      ['divide', 1, infinity],
      ['divide', -1, infinity],
    ]);
    await cases.unary([
      ['sqrt', infinity],
      ['exp', infinity],
      ['exp', -infinity],
      ['tanh', -infinity],
      ['erf', infinity],
    ]);
    await cases.product(infinity, 0);
    await cases.product(-infinity, 1);
    await cases.sum(infinity, -infinity);
    await cases.sum(infinity, 1);
  }
  const { arithmetic } = machine;
  const row = machine.value([1, 3], [1, nan, 2]);
  const [largest] = Array.from(await machine.numbers(arithmetic.rowMax(row)));
  cases.add('rowMax([1, NaN, 2])', nan, largest);
  const rectified = Array.from(await machine.numbers(arithmetic.relu(row)));
  cases.add('relu(NaN)', nan, rectified[1]);
  return cases.finding('NaN and ∞', 'IEEE 754');
}

/** Results above the largest number: `inf` (NaN where the format has no infinity) or `saturate`. */
export async function measureOverflow(machine: Machine): Promise<Finding> {
  const { largest } = machine.format;
  const cases = new Cases(machine);
  for (const x of [largest, -largest]) {
    await cases.binary([
      ['add', x, x],
      ['subtract', x, -x],
      ['multiply', x, 2],
      ['divide', x, 0.5],
    ]);
    await cases.product(x, 2);
    await cases.sum(x, x);
  }
  await cases.unary([['exp', largest]]);
  return cases.finding('overflow', machine.spec.overflow);
}
