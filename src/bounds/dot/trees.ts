/** Inner products whose additions form a tree: dotPair, dotBlock, dotLanes and dotSplitK. */
import { z } from 'zod';
import type { Order } from '../../tensor/order.ts';
import type { Bound } from '../bound.ts';
import { defineBound } from '../define.ts';
import { depthOf } from './depth.ts';
import { type DotInputs, dotInputs, dotScope, dotTexts, grown, inRange, representable } from './terms.ts';

/** An order with a size: what the input of that name is, and the letter that stands for it in the formula. */
interface Size {
  readonly input: string;
  readonly symbol: string;
  readonly meaning: string;
}

interface Tree {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** Roundings that a term passes at most, as a formula in n and the size's symbol. */
  readonly roundings: string;
  readonly size?: Size;
  readonly order: (size: number) => Order;
}

interface TreeScope extends Readonly<Record<string, number>> {
  readonly n: number;
  readonly u: number;
  readonly X: number;
  readonly A: number;
}

function treeBound({ id, title, source, roundings, size, order }: Tree): Bound {
  const bound = (s: TreeScope): number => {
    const h = depthOf(order(size === undefined ? 0 : s[size.symbol]), s.n).roundings;
    return grown(h, s.u) * (s.X + s.A) + s.A;
  };
  const positive = z.number().int().positive();
  return defineBound<Record<string, z.ZodType>, string>({
    ...{ id, title, source, quantity: '|fl(x·y) − x·y|', kind: 'rigorous', norm: 'componentwise', scale: 'absolute' },
    theory: 'theory/dot.md',
    inputs: { ...dotInputs, ...(size && { [size.input]: positive.describe(size.meaning) }) },
    formula: `expm1((${roundings}) * log1p(u)) * (X + A) + A`,
    symbols: { ...dotTexts, ...(size && { [size.symbol]: size.meaning }) },
    compute: (inputs) => ({
      ...dotScope(inputs as unknown as DotInputs),
      ...(size && { [size.symbol]: inputs[size.input] as number }),
    }),
    value: (s) => bound(s as TreeScope),
    assumptions: [representable, inRange((s) => s.X + bound(s as TreeScope))] as never,
  });
}

export const dotPair = treeBound({
  id: 'dotPair',
  title: 'Inner product, products added in pairs',
  source: 'N. J. Higham, SIAM J. Sci. Comput. 14 (1993); underflow derived here',
  roundings: 'ceil(log2(n)) + 1',
  order: () => ({ kind: 'pairwise' }),
});

export const dotBlock = treeBound({
  id: 'dotBlock',
  title: 'Inner product in blocks, one after the other inside and across',
  source: 'P. Blanchard, N. J. Higham, T. Mary, SIAM J. Sci. Comput. 42 (2020); derived here as dotPair',
  roundings: 'min(b, n) + ceil(n / b) - 1',
  size: { input: 'block', symbol: 'b', meaning: 'terms of a block' },
  order: (block) => ({ kind: 'blocked', block }),
});

export const dotLanes = treeBound({
  id: 'dotLanes',
  title: 'Inner product in interleaved lanes, whose sums are added in pairs',
  source: 'derived here',
  roundings: 'ceil(n / w) + ceil(log2(min(w, n)))',
  size: { input: 'lanes', symbol: 'w', meaning: 'number of lanes' },
  order: (lanes) => ({ kind: 'lanes', lanes }),
});

export const dotSplitK = treeBound({
  id: 'dotSplitK',
  title: 'Inner product in contiguous chunks, whose sums are added one after the other',
  source: 'derived here',
  roundings: 'ceil(n / s) + ceil(n / ceil(n / s)) - 1',
  size: { input: 'chunks', symbol: 's', meaning: 'number of chunks asked for; those of ⌈n/s⌉ terms may be fewer' },
  order: (chunks) => ({ kind: 'splitk', chunks }),
});
