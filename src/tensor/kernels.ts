/**
 * Kernels that sum in an order of their own for each shape of product, as those of vendor libraries do, or in one order for
 * all. A library picks by shape, so one and the same row of a product comes out differently in batches of different size.
 */
import { InputError } from '../formats/index.ts';
import { type Order, orderText, parseOrder } from './order.ts';

/** Rows, columns and terms of each element of a product; in a batch of matrices those of one of them. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** The order of each family of kernels. */
export interface ShapeRule {
  /** Products of one row. */
  readonly gemv: Order;
  /** Products of too few tiles to keep a device busy, of many terms each; `splitk`: in as many chunks as the shape allows. */
  readonly split: Order | 'splitk';
  /** All others. */
  readonly tiles: Order;
}

/** `invariant`: every product in the spec's `order`. Sums of rows always are. */
export type Kernels = 'invariant' | ShapeRule;

/** What a spec says of its orders. */
export interface Orders {
  readonly order: Order;
  readonly kernels: Kernels;
}

/**
 * What vendor libraries are known to do, not the rule of any one of them: a matrix times a vector by the 32 lanes of a warp,
 * whose sums are added as a tree; split-k where tiles are few; else tiles, each step of which sums 16 terms.
 */
const SHAPED: ShapeRule = Object.freeze({
  gemv: { kind: 'lanes', lanes: 32 },
  split: 'splitk',
  tiles: { kind: 'blocked', block: 16 },
} as const);

/** Multiprocessors that tiles of TILE × TILE results are spread over (those of an A100). */
const PROCESSORS = 108;
const TILE = 128;
/** The least terms of a chunk; in products of few rows, where weights are read but once, fewer. */
const LEAST_CHUNK = 256;
const FEW_ROWS = 32;
const LEAST_CHUNK_OF_FEW_ROWS = 32;

/** How many chunks a product's terms are split into; below 2 they are not. */
function chunksOf({ m, n, k }: ProductShape): number {
  const tiles = Math.ceil(m / TILE) * Math.ceil(n / TILE);
  const least = m <= FEW_ROWS ? LEAST_CHUNK_OF_FEW_ROWS : LEAST_CHUNK;
  return Math.min(Math.floor(PROCESSORS / tiles), Math.floor(k / least));
}

/** The order in which a product of this shape sums. */
export function orderOfProduct({ kernels, order }: Orders, shape: ProductShape): Order {
  if (kernels === 'invariant') return order;
  if (shape.m === 1) return kernels.gemv;
  const chunks = chunksOf(shape);
  if (chunks < 2) return kernels.tiles;
  return kernels.split === 'splitk' ? { kind: 'splitk', chunks } : kernels.split;
}

/** The spec of a product of this shape, its order settled. */
export function specOfProduct<S extends Orders>(spec: S, shape: ProductShape): S {
  if (spec.kernels === 'invariant') return spec;
  return { ...spec, kernels: 'invariant', order: orderOfProduct(spec, shape) };
}

/** Every order in which a site may sum. */
export function ordersOf({ kernels, order }: Orders): Order[] {
  if (kernels === 'invariant') return [order];
  return [order, kernels.gemv, kernels.tiles, ...(kernels.split === 'splitk' ? [] : [kernels.split])];
}

/** @throws InputError where the text is neither `invariant`, `shaped` nor three orders */
export function parseKernels(text: string): Kernels {
  if (text === 'invariant') return text;
  if (text === 'shaped') return SHAPED;
  const parts = text.split('/').map((part) => part.trim());
  if (parts.length !== 3) {
    throw new InputError(
      `kernels: expected invariant, shaped or the orders of gemv/split/tiles such as lanes(32)/splitk/blocked(16), got '${text}'`,
    );
  }
  const [gemv, split, tiles] = parts;
  return { gemv: parseOrder(gemv), split: split === 'splitk' ? split : parseOrder(split), tiles: parseOrder(tiles) };
}

/** The text that `parseKernels` reads back. */
export function kernelsText(kernels: Kernels): string {
  if (kernels === 'invariant') return kernels;
  const { gemv, split, tiles } = kernels;
  return [gemv, split, tiles].map((order) => (order === 'splitk' ? order : orderText(order))).join('/');
}
