/** `probe`: what an arithmetic does, measured through its public operations, beside what its policies declare. */
import { type BinaryFormat, formats, roundingModes } from '../../formats/index.ts';
import { measureContraction } from './contraction.ts';
import type { Finding, ProbeReport } from './finding.ts';
import { Machine, type MakeArithmetic } from './machine.ts';
import { expectedRoundings, measureElementary, measureRounding } from './rounding.ts';
import { measureNonFinite, measureOverflow, measureSignedZero, measureSubnormals } from './special-values.ts';
import { measureNoTree, measureStochastic } from './stochastic.ts';
import { measureTrees } from './summation.ts';

const { fp64, fp32, tf32, fp16, bf16, e4m3 } = formats;
export const probedFormats: readonly BinaryFormat[] = Object.freeze([fp64, fp32, tf32, fp16, bf16, e4m3]);

export const probedOrders: readonly string[] = Object.freeze([
  ...['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'lanes(8)', 'splitk(3)', 'kahan'],
]);

export interface ProbeOptions {
  /** Default: `probedFormats`. */
  readonly formats?: readonly BinaryFormat[];
  /** Called with how much is done, from 0 to 1. */
  readonly onProgress?: (share: number, what: string) => void;
}

/**
 * Measures an arithmetic format by format: rounding in six modes and stochastically, subnormals, zeros, NaN and infinities, overflow,
 * contraction and fma, exp, tanh and erf, and the accumulation tree of matmul and rowSum in every order.
 * The measurements of a format run side by side: each asks many small questions, whose answers a device takes its time for.
 * @param make makes the arithmetic of a spec; nothing else is known about it
 */
export async function probe(make: MakeArithmetic, options: ProbeOptions = {}): Promise<ProbeReport> {
  const { formats: probed = probedFormats, onProgress = () => {} } = options;
  const findings: Finding[] = [];
  let arithmetic = '';
  for (const [done, format] of probed.entries()) {
    const parts = measurements(make, format);
    let ended = 0;
    const measured = parts.map(async (measure) => {
      const found = await measure();
      ended++;
      onProgress((done + ended / parts.length) / probed.length, format.name);
      return found;
    });
    findings.push(...(await Promise.all(measured)).flat());
    arithmetic = new Machine(make, format.name).arithmetic.name;
  }
  return { arithmetic, findings, agrees: findings.every(({ agrees }) => agrees) };
}

function measurements(make: MakeArithmetic, format: BinaryFormat): (() => Promise<Finding[]>)[] {
  const machine = (options?: string): Machine =>
    new Machine(make, options === undefined ? format.name : `${format.name}; ${options}`);
  return [
    async () => {
      const expected = expectedRoundings(format);
      const findings: Finding[] = [];
      for (const mode of roundingModes) findings.push(await measureRounding(machine(`mode=${mode}`), expected));
      return findings;
    },
    async () => [
      ...(await measureSubnormals(machine())),
      ...(await measureSubnormals(machine('subnormals=flush'))),
      await measureSignedZero(machine()),
      await measureSignedZero(machine('mode=down')),
      await measureNonFinite(machine()),
      await measureOverflow(machine()),
      await measureOverflow(machine('overflow=saturate')),
      ...(await measureContraction(machine())),
      ...(await measureContraction(machine('fma=on'))),
      ...(await measureContraction(machine('product=exact'))),
    ],
    ...(['exp', 'tanh', 'erf'] as const).map((name) => async () => [await measureElementary(machine(), name)]),
    ...probedOrders.flatMap((order) => [
      async () => [await measureTrees(machine(`order=${order}`), 'matmul')],
      async () => [await measureTrees(machine(`order=${order}`), 'rowSum')],
    ]),
    async () => [await measureTrees(machine('fma=on, order=lanes(8)'), 'matmul')],
    async () => [
      await measureStochastic(machine('mode=stochastic, seed=1')),
      await measureNoTree(machine('mode=stochastic, seed=1'), 'matmul'),
      await measureNoTree(machine('mode=stochastic, seed=1'), 'rowSum'),
    ],
  ];
}
