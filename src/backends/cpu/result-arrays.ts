/**
 * Arrays for results. Those that are given back are used again, because a system takes longer to clear the pages of a new
 * array than most operations to fill it (measured: 2.3 µs for 4 KiB, ten times as long as writing it once more). Those that
 * are only lent lie in the kernels' memory, as long as there is room, so that products read and write them where they are.
 */
import type { Numbers } from '../../tensor/index.ts';

/** Bytes of a float32 or of a float64. */
export type NumberSize = 4 | 8;

/** Smaller arrays are left to the garbage collector. */
const LEAST_BYTES = 1 << 16;
/** How much is kept for later, at most. */
const MOST_BYTES = 2 ** 30;
/**
 * How much of the kernels' memory is lent, at most: it is never free again.
 */
const MOST_RESIDENT_BYTES = 2 ** 26;

/** An array in the kernels' memory. */
export interface Resident {
  readonly address: number;
  readonly numbers: Numbers;
}

export class ResultArrays {
  /** Arrays on loan: only these are taken back, and once. */
  private readonly out = new WeakSet<Numbers>();
  private readonly free = new Map<string, Numbers[]>();
  private freeBytes = 0;
  private lending = false;
  private readonly makeResident: (length: number, size: NumberSize) => Resident | undefined;
  private readonly addresses = new WeakMap<Numbers, number>();
  private residentBytes = 0;

  /** @param makeResident makes an array in the kernels' memory, if it can */
  constructor(makeResident: (length: number, size: NumberSize) => Resident | undefined = () => undefined) {
    this.makeResident = makeResident;
  }

  /** An array of any contents, `size` bytes a number. */
  take(length: number, size: NumberSize): Numbers {
    const resident = this.lending
      ? (this.freed('resident', length, size) ?? this.newResident(length, size))
      : undefined;
    const numbers = resident ?? this.freed('ordinary', length, size) ?? ordinary(length, size);
    if (numbers.byteLength >= LEAST_BYTES) this.out.add(numbers);
    return numbers;
  }

  /**
   * What `compute` takes is only lent: it is given back, and until then nobody sees it who might keep it or ask for its
   * buffer, which is the kernels' memory.
   */
  lend<T>(compute: () => T): T {
    const before = this.lending;
    this.lending = true;
    try {
      return compute();
    } finally {
      this.lending = before;
    }
  }

  /** Takes back what `take` gave; other arrays stay what they are. */
  giveBack(numbers: Numbers): void {
    const resident = this.addresses.has(numbers);
    if (!this.out.delete(numbers) || (!resident && this.freeBytes + numbers.byteLength > MOST_BYTES)) return;
    const kind = kindOf(resident ? 'resident' : 'ordinary', numbers.length, numbers.BYTES_PER_ELEMENT);
    const alike = this.free.get(kind);
    if (alike === undefined) this.free.set(kind, [numbers]);
    else alike.push(numbers);
    if (!resident) this.freeBytes += numbers.byteLength;
  }

  /** Where an array is in the kernels' memory, if it is one that lies there. */
  addressOf(numbers: Numbers): number | undefined {
    return this.addresses.get(numbers);
  }

  private freed(where: Where, length: number, size: NumberSize): Numbers | undefined {
    const known = this.free.get(kindOf(where, length, size))?.pop();
    if (known !== undefined && where === 'ordinary') this.freeBytes -= known.byteLength;
    return known;
  }

  private newResident(length: number, size: NumberSize): Numbers | undefined {
    const bytes = length * size;
    if (bytes < LEAST_BYTES || this.residentBytes + bytes > MOST_RESIDENT_BYTES) return undefined;
    const made = this.makeResident(length, size);
    if (made === undefined) return undefined;
    this.residentBytes += bytes;
    this.addresses.set(made.numbers, made.address);
    return made.numbers;
  }
}

type Where = 'resident' | 'ordinary';

function kindOf(where: Where, length: number, size: number): string {
  return `${where}:${size}:${length}`;
}

function ordinary(length: number, size: NumberSize): Numbers {
  return size === 8 ? new Float64Array(length) : new Float32Array(length);
}
