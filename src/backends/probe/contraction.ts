/** Whether a·b + c is rounded once or twice: as a product and a sum, and inside a matmul. */
import type { BinaryFormat } from '../../formats/index.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

const SEPARATE = 'two roundings';
const FUSED = 'one rounding';

/** Rows shorter and longer than a kernel's tile, with the product behind the sum and before it. */
const lengths = [2, 3, 8, 37];
const columns = [1, 17];

/**
 * With a = 1 + 2u, a² = 1 + 4u + 4u², and c = −R(a²) = −(1 + 4u): separate roundings give a² + c = 0, a fused one 4u².
 * Contracted expressions are what compilers make of a product and a sum unless they are told not to.
 */
export async function measureContraction(machine: Machine): Promise<Finding[]> {
  const { epsMach } = machine.format as BinaryFormat;
  const [a, c] = [1 + epsMach, -(1 + 2 * epsMach)];
  const result = (sum: number): string =>
    Object.is(sum, 0) ? SEPARATE : sum === epsMach * epsMach ? FUSED : `(1 + 2u)² − (1 + 4u) = ${sum}`;
  const seen = (name: string, declared: string, sums: ArrayLike<number>): Finding => {
    const kinds = [...new Set(Array.from(sums, result))];
    const { format, policy } = machine;
    return {
      ...{ property: name, format: format.name, policy, declared, measured: kinds.join(' or ') },
      ...{ agrees: kinds.length === 1 && kinds[0] === declared, cases: sums.length },
    };
  };
  const many = (x: number): number[] => new Array<number>(37).fill(x);
  const expressions = [
    ...Array.from(await machine.multiplyAdd('add', many(a), many(a), many(c))),
    ...Array.from(await machine.multiplyAdd('subtract', many(a), many(a), many(-c))),
  ];
  const { fma, product } = machine.spec;
  const products: number[] = [];
  for (const n of lengths) {
    for (const width of columns) {
      const [first, last] = [new Array<number>(n).fill(0), new Array<number>(n).fill(0)];
      [first[0], last[0], first[n - 1], last[n - 1]] = [c, 1, a, a];
      products.push(...Array.from(await machine.matmul(first, last, width)));
      if (fma || product === 'exact') continue;
      // The product first: its chain starts with R(a²), fused or not.
      products.push(...Array.from(await machine.matmul([...first].reverse(), [...last].reverse(), width)));
    }
  }
  return [
    seen('a·b + c of a product and a sum', SEPARATE, expressions),
    seen('a·b + c in a matmul', fma || product === 'exact' ? FUSED : SEPARATE, products),
  ];
}
