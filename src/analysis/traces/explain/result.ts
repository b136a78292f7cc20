/** What an explanation says. Relative sizes are Frobenius norms over visible entries of real tokens. */

export type SideName = 'A' | 'B';

/** The entry that stands worst against what rounding can do. */
export interface Worst {
  readonly index: readonly number[];
  readonly recorded: number;
  /** From the trace's own numbers before it, in exact arithmetic; where no order matters, as the formats round it. */
  readonly recomputed: number;
  readonly difference: number;
  /** No program that rounds as stated is off by more; 0 where no order matters. */
  readonly bound: number;
}

/** One side's own numbers at a tap against those that it had at the taps before it. */
export interface LocalCheck {
  readonly tap: string;
  /** Every number is known to the bit. */
  readonly orderFree: boolean;
  readonly entries: number;
  /** Entries that rounding cannot explain. */
  readonly beyond: number;
  /** Entries about which nothing is known: an overflow may have happened, or a tap before them is not finite. */
  readonly unknown: number;
  /** Largest |difference|/bound; Infinity where a number known to the bit differs. */
  readonly boundRatio: number;
  /** Root mean square of the differences over that of the expected sizes; null where nothing is expected to differ. */
  readonly expectedRatio: number | null;
  /** Undefined where nothing was compared. */
  readonly worst: Worst | undefined;
}

/** a − b = inherited + addedA − addedB, each relative to ‖b‖. */
export interface Split {
  readonly difference: number;
  readonly inherited: number;
  readonly addedA: number;
  readonly addedB: number;
}

export interface ExplainedTap {
  readonly tap: string;
  /** Undefined where that side did not record the tap. */
  readonly A: LocalCheck | undefined;
  readonly B: LocalCheck | undefined;
  /** Undefined unless both did. */
  readonly split: Split | undefined;
}

export interface ExplainedSide {
  readonly source: string;
  readonly producer: string;
  readonly policy: string;
  /** Whether the tokens were known, so that the embedding was checked. */
  readonly embeddingChecked: boolean;
}

export interface Explanation {
  readonly verdict: 'expected' | 'bug';
  /** The first tap that rounding cannot explain. */
  readonly tap: string | null;
  readonly side: SideName | 'both' | null;
  readonly evidence: string;
  readonly sides: Readonly<Record<SideName, ExplainedSide>>;
  readonly taps: readonly ExplainedTap[];
}
