/** k tensors side by side along a leading axis: how they meet a single one. */
import { type KeyMask, rowLength, sizeOf, tensor } from '../../tensor/index.ts';
import type { MatmulOptions } from '../arithmetic.ts';
import { broadcastShapes } from '../axes.ts';
import type { ImmediateArithmetic } from './tangent.ts';

/** A factor of a product: single, or k of them. */
export interface Factor<V> {
  readonly value: V;
  readonly batched: boolean;
}

export class Batches<V> {
  private readonly base: ImmediateArithmetic<V>;
  constructor(base: ImmediateArithmetic<V>) {
    this.base = base;
  }

  /** [k, …shape] as [k, 1, …, 1, …shape] that has `rank` axes behind the first. */
  align(batch: V, rank: number): V {
    const [k, ...shape] = this.base.shape(batch);
    if (shape.length >= rank) return batch;
    return this.base.reshape(batch, [k, ...new Array<number>(rank - shape.length).fill(1), ...shape]);
  }

  /** [k, …shape] repeated along its axes of length 1 to [k, …target]. */
  stretch(site: string, batch: V, target: readonly number[]): V {
    const aligned = this.align(batch, target.length);
    const [k, ...shape] = this.base.shape(aligned);
    if (shape.every((n, i) => n === target[i])) return aligned;
    return this.base.add(site, aligned, this.zeros([k, ...broadcastShapes(shape, target)]));
  }

  zeros(shape: readonly number[]): V {
    return this.base.lift(tensor(shape, new Float64Array(sizeOf(shape))));
  }

  /** What the mask hides of each becomes `hidden`. */
  select(batch: V, mask: KeyMask, hidden: number): V {
    const [k, sequences, ...rest] = this.base.shape(batch);
    const side = this.base.reshape(batch, [k * sequences, ...rest]);
    return this.base.reshape(this.base.select(side, moreSequences(mask, k), hidden), [k, sequences, ...rest]);
  }

  /** a·b, where one of the two is k matrices for each of the other: one product of larger matrices. */
  matmul(site: string, a: Factor<V>, b: Factor<V>, { transposed = false, mask }: MatmulOptions): V {
    const { base } = this;
    if (a.batched) {
      const [k, ...shape] = base.shape(a.value);
      const axis = shape.length - 2;
      const tall = mergeInto(base, a.value, axis);
      const rows = base.matmul(site, tall, b.value, {
        transposed,
        ...(mask && { mask: moreQueries(mask, k) }),
      });
      return splitFrom(base, rows, axis, k);
    }
    const [k, ...shape] = base.shape(b.value);
    const wide = mergeInto(base, b.value, transposed ? shape.length - 2 : shape.length - 1);
    const columns = base.matmul(site, a.value, wide, { transposed, ...(mask && { mask }) });
    return splitFrom(base, columns, base.shape(columns).length - 1, k);
  }
}

/** [k, …shape] with the first axis moved before axis `axis` of the shape, and the two made one. */
function mergeInto<V>(base: ImmediateArithmetic<V>, batch: V, axis: number): V {
  const [k, ...shape] = base.shape(batch);
  const inner = shape.map((_, i) => i + 1);
  const moved = base.permute(batch, [...inner.slice(0, axis), 0, ...inner.slice(axis)]);
  return base.reshape(
    moved,
    shape.map((n, i) => (i === axis ? k * n : n)),
  );
}

/** The inverse of mergeInto. */
function splitFrom<V>(base: ImmediateArithmetic<V>, merged: V, axis: number, k: number): V {
  const shape = base.shape(merged);
  const split = base.reshape(merged, [...shape.slice(0, axis), k, shape[axis] / k, ...shape.slice(axis + 1)]);
  const others = shape.map((_, i) => (i < axis ? i : i + 1));
  return base.permute(split, [axis, ...others]);
}

type Repeated = WeakMap<KeyMask, Map<number, KeyMask>>;
const sequencesOf: Repeated = new WeakMap();
const queriesOf: Repeated = new WeakMap();

function remembered(known: Repeated, mask: KeyMask, k: number, make: () => KeyMask): KeyMask {
  if (k === 1) return mask;
  let repeated = known.get(mask);
  if (repeated === undefined) {
    repeated = new Map();
    known.set(mask, repeated);
  }
  let found = repeated.get(k);
  if (found === undefined) {
    found = make();
    repeated.set(k, found);
  }
  return found;
}

/** The mask of k copies of the batch, one after the other. */
function moreSequences(mask: KeyMask, k: number): KeyMask {
  return remembered(sequencesOf, mask, k, () => {
    const copies = (rows: Int32Array): Int32Array => {
      const all = new Int32Array(k * rows.length);
      for (let i = 0; i < k; i++) all.set(rows, i * rows.length);
      return all;
    };
    return { ...mask, sequences: k * mask.sequences, from: copies(mask.from), to: copies(mask.to) };
  });
}

/** The mask of k copies of each sequence's queries, one after the other. */
function moreQueries(mask: KeyMask, k: number): KeyMask {
  return remembered(queriesOf, mask, k, () => {
    const { queries } = mask;
    const copies = (rows: Int32Array): Int32Array =>
      Int32Array.from({ length: k * rows.length }, (_, i) => {
        const sequence = Math.floor(i / (k * queries));
        return rows[sequence * queries + (i % queries)];
      });
    return { ...mask, queries: k * queries, from: copies(mask.from), to: copies(mask.to) };
  });
}

/** A constant for each row: where its largest visible entry stands first, 1, and 0 elsewhere. */
export function firstLargest(
  { shape, data }: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  visible: (row: number) => readonly [from: number, to: number],
): Float64Array {
  const n = rowLength(shape);
  const marks = new Float64Array(data.length);
  for (let row = 0; row * n < data.length; row++) {
    const [from, to] = visible(row);
    let at = -1;
    for (let j = from; j < to; j++) {
      if (at < 0 || data[row * n + j] > data[row * n + at]) at = j;
    }
    if (at >= 0) marks[row * n + at] = 1;
  }
  return marks;
}
