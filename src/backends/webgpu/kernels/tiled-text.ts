/** What the text of a kernel of tiles depends on. */
import type { TiledRounding } from '../tiled-plan.ts';
import type { SumFamily } from '../wgsl/sums.ts';

/**
 * Invocations along the columns and the rows of a tile, vectors of four columns and of four rows of each, and terms that are
 * fetched together for the whole workgroup; 0: each invocation reads its own.
 */
export interface TileShape {
  readonly terms: number;
  readonly across: number;
  readonly down: number;
  readonly columnVectors: number;
  readonly rowVectors: number;
}

/** For matrices with rows and columns enough to fill a large device, and for others. */
export const LARGE_TILE: TileShape = { terms: 8, across: 16, down: 16, columnVectors: 2, rowVectors: 2 };
export const SMALL_TILE: TileShape = { terms: 0, across: 8, down: 8, columnVectors: 1, rowVectors: 1 };

export const rowsOf = ({ down, rowVectors }: TileShape): number => 4 * down * rowVectors;
export const columnsOf = ({ across, columnVectors }: TileShape): number => 4 * across * columnVectors;

export interface TiledText {
  readonly rounding: TiledRounding;
  readonly tile: TileShape;
  /** b is [n, k]. */
  readonly transposed: boolean;
  readonly masked: boolean;
  readonly family: SumFamily;
  /** Whether there is one chain of all terms; `family` is then `chunks`. */
  readonly single: boolean;
  /** Whether each term is a chain of its own, as in pairwise sums; `family` is then `lanes`, and invocations read their own terms. */
  readonly paired: boolean;
}

/** 0 … n − 1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const hex = (word: number): string => `0x${(word >>> 0).toString(16).padStart(8, '0')}u`;
