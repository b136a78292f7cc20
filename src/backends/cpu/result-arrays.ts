/**
 * Arrays for results. Those that are given back are used again, because a system takes longer to clear the pages of a new
 * array than most operations to fill it (measured: 2.3 µs for 4 KiB, ten times as long as writing it once more).
 */
import type { Numbers } from '../../tensor/index.ts';

/** Smaller arrays are left to the garbage collector. */
const LEAST_BYTES = 1 << 16;
/** How much is kept for later, at most. */
const MOST_BYTES = 2 ** 30;

export class ResultArrays {
  /** Arrays on loan: only these are taken back, and once. */
  private readonly lent = new WeakSet<Numbers>();
  private readonly free = new Map<string, Numbers[]>();
  private freeBytes = 0;

  /** An array of any contents, `size` bytes a number. */
  take(length: number, size: 4 | 8): Numbers {
    const known = this.free.get(`${size}:${length}`)?.pop();
    const numbers = known ?? (size === 8 ? new Float64Array(length) : new Float32Array(length));
    if (known !== undefined) this.freeBytes -= known.byteLength;
    if (numbers.byteLength >= LEAST_BYTES) this.lent.add(numbers);
    return numbers;
  }

  /** Takes back what `take` gave; other arrays stay what they are. */
  giveBack(numbers: Numbers): void {
    if (!this.lent.delete(numbers) || this.freeBytes + numbers.byteLength > MOST_BYTES) return;
    const kind = `${numbers.BYTES_PER_ELEMENT}:${numbers.length}`;
    const alike = this.free.get(kind);
    if (alike === undefined) this.free.set(kind, [numbers]);
    else alike.push(numbers);
    this.freeBytes += numbers.byteLength;
  }
}
