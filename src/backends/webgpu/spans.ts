/** Ranges of rows or columns, where all of them together are too many. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** 0 … total − 1 in as few spans of nearly equal length as have at most `most`, one or more; one span where there are none. */
export function spansOf(total: number, most: number): readonly Span[] {
  const count = Math.max(1, Math.ceil(total / most));
  const start = (i: number): number => Math.floor((i * total) / count);
  return Array.from({ length: count }, (_, i) => ({ from: start(i), to: start(i + 1) }));
}
