/** Linear layers whose weights are larger than the device's buffers, in blocks of output columns. */
import type { Linear } from '../../arithmetic/arithmetic.ts';
import { InputError } from '../../formats/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import { spansOf } from './spans.ts';

/** The columns from `from` on, as a layer of its own. */
export interface ColumnBlock {
  readonly from: number;
  readonly columns: number;
  readonly layer: Linear;
}

/** By weight, for as long as that lives: what a reader makes of a block can be kept as long. */
const known = new WeakMap<Tensor, Map<number, readonly ColumnBlock[]>>();

/**
 * The layer in as few blocks of nearly equal size as have weights of at most `words` numbers.
 * @returns one block, the layer itself, where all of it has
 * @throws InputError where not even one column has
 */
export function columnBlocks(layer: Linear, words: number): readonly ColumnBlock[] {
  const { weight, layout } = layer;
  const [terms, columns] = layout === 'out-in' ? [weight.shape[1], weight.shape[0]] : weight.shape;
  if (terms * columns <= words) return [{ from: 0, columns, layer }];
  if (terms > words) {
    throw new InputError(
      `webgpu: expected columns of at most ${words} weights, as many as the device's buffers hold, got ${terms}; use --backend cpu`,
    );
  }
  let ofWeight = known.get(weight);
  if (ofWeight === undefined) {
    ofWeight = new Map();
    known.set(weight, ofWeight);
  }
  let blocks = ofWeight.get(words);
  if (blocks === undefined) {
    blocks = spansOf(columns, Math.floor(words / terms)).map(({ from, to }) => ({
      ...{ from, columns: to - from },
      layer: blockOf(layer, from, to),
    }));
    ofWeight.set(words, blocks);
  }
  return blocks;
}

function blockOf({ weight, layout, bias }: Linear, from: number, to: number): Linear {
  const shift = bias && { shape: [to - from], data: bias.data.subarray(from, to) };
  if (layout === 'out-in') {
    const [, terms] = weight.shape;
    const data = weight.data.subarray(from * terms, to * terms);
    return { weight: { shape: [to - from, terms], data }, layout, ...(shift && { bias: shift }) };
  }
  const [terms, columns] = weight.shape;
  const data = weight.data.slice(0, terms * (to - from));
  for (let t = 0; t < terms; t++) data.set(weight.data.subarray(t * columns + from, t * columns + to), t * (to - from));
  return { weight: { shape: [terms, to - from], data }, layout, ...(shift && { bias: shift }) };
}
