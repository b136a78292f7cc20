/** Keys and values of the columns that a decoder has seen, so that a later column is computed without them. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import { sizeOf, tensor } from '../../tensor/index.ts';

interface Known<V> {
  readonly columns: number;
  /** [batch, kvHeads, d, columns]: columns last, where they can be joined. */
  readonly key: V;
  readonly value: V;
}

/**
 * The cache of one batch in one arithmetic. It has room for all columns from the start, as a cache of static size: attention
 * meets keys and values [batch, kvHeads, capacity, d] at every step, those still to come hidden by the mask. So its sums have
 * the same terms, in the same tree, as those of one run over all columns.
 */
export class KeyValueCache<V> {
  readonly capacity: number;
  private readonly layers = new Map<number, Known<V>>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /**
   * Takes the keys and values of some columns of a layer, [batch, kvHeads, columns, d], and gives those of all columns.
   * @param first the column they begin at: behind the columns that the layer has
   */
  extended(A: Arithmetic<V>, layer: number, first: number, key: V, value: V): readonly [V, V] {
    const before = this.layers.get(layer);
    if (first !== (before?.columns ?? 0)) {
      throw new Error(
        `key-value cache: layer ${layer} has ${before?.columns ?? 0} columns, got those from ${first} on`,
      );
    }
    const joined = (known: V | undefined, more: V): V => {
      const columns = columnsLast(A, more);
      return known === undefined ? columns : A.concat(known, columns);
    };
    const columns = first + A.shape(key)[2];
    const known = { columns, key: joined(before?.key, key), value: joined(before?.value, value) };
    this.layers.set(layer, known);
    return [this.filled(A, known.key, columns), this.filled(A, known.value, columns)];
  }

  /** [batch, kvHeads, capacity, d], zeros where nothing is known. */
  private filled(A: Arithmetic<V>, known: V, columns: number): V {
    if (columns === this.capacity) return columnsLast(A, known);
    const shape = [...A.shape(known).slice(0, -1), this.capacity - columns];
    return columnsLast(A, A.concat(known, A.lift(tensor(shape, new Float32Array(sizeOf(shape))))));
  }
}

/** The last two axes exchanged. */
function columnsLast<V>(A: Arithmetic<V>, v: V): V {
  return A.permute(v, [0, 1, 3, 2]);
}
