/** The accumulation trees of an arithmetic's matmul and row sums, revealed from outside. */
import { sumInOrder } from '../../arithmetic/sums.ts';
import type { BinaryFormat } from '../../formats/index.ts';
import { type Order, orderText } from '../../tensor/order.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';
import { operands } from './numbers.ts';
import { COLLECTED } from './objection.ts';
import { choices, NotATree, sideBySide, termsOf } from './query.ts';
import { revealTree } from './reveal.ts';
import { type SummationTree, sameTree, treeOf } from './tree.ts';
import { treeText } from './tree-text.ts';

/** Sums of rows of n terms, as many as there are. */
export type RowSums = (rows: Float64Array, n: number) => Promise<ArrayLike<number>>;

/** Rows given to one operation at once. */
const BATCH = 1024;

/** The tree of sums that are computed many at a time, as each pair of magnitudes shows it. */
export async function revealRows(
  sums: RowSums,
  n: number,
  magnitudes: readonly (readonly [large: number, unit: number])[],
): Promise<SummationTree[]> {
  const asking = sideBySide(magnitudes.map((pair) => revealTree(n, [pair])));
  let step = asking.next();
  while (step.done !== true) {
    const queries = step.value;
    const answers: number[] = [];
    for (let at = 0; at < queries.length; at += BATCH) {
      const batch = queries.slice(at, at + BATCH);
      const rows = new Float64Array(batch.length * n);
      batch.forEach((query, r) => {
        rows.set(termsOf(query, n), r * n);
      });
      try {
        for (const sum of Array.from(await sums(rows, n))) answers.push(sum);
      } catch (error) {
        if (!(error instanceof NotATree)) throw error;
        const { message } = error;
        return magnitudes.map(() => ({ kind: 'none', reason: message }));
      }
    }
    step = asking.next(answers);
  }
  return step.value;
}

/** So many doublings of M below the largest number, where a kernel that watches for overflow need not take another way. */
const HEADROOM = 2;

/** A mask and a unit for n terms of a format, about as far apart as its precision needs, and at a distance from its ends if they can be. */
export function nearMagnitudes({ precision, emin, emax }: BinaryFormat, n: number): readonly [number, number] {
  const apart = precision + Math.ceil(Math.log2(n)) + 2;
  const top = Math.min(emax, apart, Math.max(emax - HEADROOM, emin + apart));
  return [2 ** top, 2 ** Math.max(top - apart, emin)];
}

/** As far apart as the format's range allows. */
export function farMagnitudes({ emin, emax }: BinaryFormat): readonly [number, number] {
  return [2 ** emax, 2 ** emin];
}

/** A matmul's rows, each against `columns` equal columns of ones. */
export function matmulRows(machine: Machine, columns: number, transposed: boolean): RowSums {
  return async (rows, n) => {
    const results = await machine.matmul(rows, new Array<number>(n).fill(1), columns, transposed);
    for (let i = 0; i < results.length; i++) {
      if (!Object.is(results[i], results[i - (i % columns)])) throw new NotATree('equal columns have different sums');
    }
    return Float64Array.from({ length: rows.length / n }, (_, r) => results[r * columns]);
  };
}

export const rowSumRows =
  (machine: Machine): RowSums =>
  (rows, n) =>
    machine.rowSum(rows, n);

/**
 * n terms and the shape of the other matrix, shorter and longer than a kernel's tile; `far`: again with numbers of very
 * different size, by which a kernel may choose its way.
 */
const shapes = [
  { n: 2, columns: 1, transposed: false, far: false },
  { n: 3, columns: 17, transposed: true, far: true },
  { n: 5, columns: 2, transposed: false, far: false },
  { n: 8, columns: 17, transposed: false, far: false },
  { n: 17, columns: 1, transposed: true, far: true },
  { n: 33, columns: 3, transposed: false, far: false },
  { n: 65, columns: 1, transposed: false, far: false },
] as const;

/** Whether the trees of sums of several lengths are those of the declared order. */
export async function measureTrees(machine: Machine, operation: 'matmul' | 'rowSum'): Promise<Finding> {
  const { order } = machine.spec;
  const format = machine.format as BinaryFormat;
  let wrong: string | undefined;
  let cases = 0;
  for (const { n, columns, transposed, far } of shapes) {
    const sums = operation === 'matmul' ? matmulRows(machine, columns, transposed) : rowSumRows(machine);
    const magnitudes = [nearMagnitudes(format, n), ...(far ? [farMagnitudes(format)] : [])];
    for (const tree of await revealRows(sums, n, magnitudes)) {
      cases++;
      if (wrong === undefined && !(await isDeclared(tree, order, n, machine, sums))) wrong = treeText(tree);
    }
  }
  return {
    ...{ property: `order of ${operation}`, format: format.name, policy: machine.policy },
    ...{ declared: orderText(order), measured: wrong ?? orderText(order), agrees: wrong === undefined, cases },
  };
}

async function isDeclared(
  tree: SummationTree,
  order: Order,
  n: number,
  machine: Machine,
  sums: RowSums,
): Promise<boolean> {
  const declared = treeOf(order, n);
  if (declared.kind !== 'none') return sameTree(tree, declared);
  return tree.kind === 'none' && tree.reason === COLLECTED && (await hasDeclaredBits(order, n, machine, sums));
}

const SAMPLES = 16;

/** Where no tree tells: sums of some numbers, bit by bit. */
async function hasDeclaredBits(order: Order, n: number, machine: Machine, sums: RowSums): Promise<boolean> {
  const { oracle } = machine;
  const next = choices(n);
  const numbers = operands(machine.format as BinaryFormat).filter((x) => Math.abs(x) > 2 ** -6 && Math.abs(x) < 2 ** 5);
  const rows = Float64Array.from({ length: SAMPLES * n }, () => numbers[next(numbers.length)]);
  const computed = await sums(rows, n);
  return Array.from({ length: SAMPLES }, (_, r) => {
    const terms = rows.subarray(r * n, (r + 1) * n);
    return sumInOrder(
      order,
      n,
      { start: (k) => terms[k], extend: (s, k) => oracle.add(s, terms[k]) },
      { zero: 0, add: oracle.add, subtract: oracle.sub, negate: (x) => -x },
    );
  }).every((sum, r) => Object.is(sum, computed[r]));
}
