/** Oracle: decimal arithmetic of 120 digits. */
import { describe, expect, it } from 'vitest';
import { DecimalArithmetic } from '../../../src/arithmetic/decimal.ts';
import { isHeld, isPartOf } from '../../../src/arithmetic/errors/formats.ts';
import {
  innerProductRounding,
  roundoffOf,
  rowSumRounding,
  type SumRounding,
} from '../../../src/arithmetic/errors/sum-rounding.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { type BinaryFormat, formats, parseFormat } from '../../../src/formats/index.ts';
import { parseSpec, tensor } from '../../../src/tensor/index.ts';
import { Random } from '../../../src/testing/random.ts';
import { distances } from '../../support/distance.ts';
import { caseFormats, randomSpec } from './cases.ts';

const decimal = new DecimalArithmetic(120);
const CASES = 400;

/** |computed − exact| at most: the sum's rounding and the result's own, or Infinity where a number may have overflowed. */
function allowed({ relative, absolute, largest }: SumRounding, size: number, own: number): number {
  const sums = relative * size + absolute;
  return size + sums <= largest ? (sums + own) * (1 + 2 ** -40) : Number.POSITIVE_INFINITY;
}

describe.each(caseFormats)('rounding of sums in %s', (name) => {
  const format = parseFormat(name) as BinaryFormat;
  const numbersOf = (random: Random, n: number): Float64Array => {
    const scale = 2 ** random.integer(-4, 4);
    const raw = random.integer(0, 3) === 0;
    const { data } = new SoftfloatArithmetic('', () => parseSpec(name)).parameter(
      'x',
      tensor(
        [n],
        Float64Array.from({ length: n }, () => (raw ? random.code(format) : random.normal() * scale)),
      ),
    );
    return Float64Array.from(data, (x) => (Math.abs(x) < format.largest ? x : 1));
  };
  it.each(['inner products', 'row sums'] as const)('%s obey the rigorous constants', async (kind) => {
    let closest = 0;
    for (let i = 0; i < CASES; i++) {
      const random = new Random(7, `${kind} ${name}`, i);
      const spec = { ...randomSpec(random, format), input: format };
      const n = random.integer(1, 9);
      const A = new SoftfloatArithmetic('', () => spec);
      const [x, y] = [
        numbersOf(random, n),
        kind === 'inner products' ? numbersOf(random, n) : new Float64Array(n).fill(1),
      ];
      const stored = { format, flushed: false };
      if (spec.subnormals === 'flush' && [...x, ...y].some((v) => v !== 0 && Math.abs(v) < format.smallestNormal))
        continue;
      const [row, column] = [tensor([1, n], x), tensor([n, 1], y)];
      const inner = kind === 'inner products';
      const computed = inner ? A.matmul('x', row, column) : A.rowSum('x', row);
      const exact = decimal.matmul('', decimal.lift(row), decimal.lift(column));
      const [far] = await distances(A.lower(computed), exact, decimal);
      const size = x.reduce((sum, v, k) => sum + Math.abs(v * y[k]), 0);
      const held =
        isPartOf(format, spec.accumulate) &&
        (spec.subnormals === 'keep' || isHeld({ ...stored, flushed: true }, spec.accumulate, spec));
      const rounding = inner ? innerProductRounding(spec, n, 'rigorous') : rowSumRounding(spec, n, held, 'rigorous');
      const { u, eta } = roundoffOf(spec, spec.out);
      const result = Math.abs(computed.data[0]);
      const own = inner ? u * result + eta : 0;
      const most = inner && !(result < spec.out.largest) ? Number.POSITIVE_INFINITY : allowed(rounding, size, own);
      expect(far, `case ${i}: ${JSON.stringify(spec.order)}`).toBeLessThanOrEqual(most);
      if (most > 0 && Number.isFinite(most)) closest = Math.max(closest, far / most);
    }
    // Not so far above that anything would pass.
    expect(closest).toBeGreaterThan(0.2);
  });
});

describe('constants of sums', () => {
  const of = (text: string, n: number, growth: 'rigorous' | 'declared' | 'any'): number =>
    innerProductRounding(parseSpec(text), n, growth).relative / formats.fp32.u;
  it('count roundings on the longest path of the declared order', () => {
    expect(of('fp32', 64, 'declared')).toBe(64);
    expect(of('fp32; order=pairwise', 64, 'declared')).toBe(7);
    expect(of('fp32; order=lanes(8), fma=on', 64, 'declared')).toBe(11);
    expect(of('fp32; product=fp16', 64, 'declared')).toBeCloseTo(2 ** 13 + 63, 0);
    expect(of('fp32; product=exact, mode=up', 64, 'declared')).toBe(128);
  });
  it('are n for any order, of products rounded or not', () => {
    expect(of('fp32; order=pairwise', 64, 'any')).toBe(64);
    expect(of('fp32; order=pairwise, product=exact', 64, 'any')).toBe(64);
  });
  it('are nowhere below the first order', () => {
    for (const order of ['sequential', 'pairwise', 'blocked(4)', 'kahan', 'lanes(4)', 'splitk(3)']) {
      for (const n of [1, 2, 3, 17, 200]) {
        const text = `fp32; order=${order}`;
        expect(of(text, n, 'any')).toBeGreaterThanOrEqual(of(text, n, 'declared'));
        if (order !== 'kahan') expect(of(text, n, 'rigorous')).toBeGreaterThanOrEqual(of(text, n, 'declared'));
      }
    }
  });
});
