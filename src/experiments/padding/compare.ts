/** A sequence alone and the same sequence padded, tap by tap: which of its numbers differ. */
import { outlierColumns } from '../../arithmetic/int8.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { roundArray } from '../../backends/cpu/round-array.ts';
import { formats } from '../../formats/index.ts';
import { type Batch, batchOf, type PadOptions } from '../../model/program/batch.ts';
import { forward, type LoadedDecoder } from '../../model/program/forward.ts';
import { layerOf, layerPrefix } from '../../model/program/taps.ts';
import { type Numbers, type Policy, rowLength, siteKind, sizeOf, type Tensor } from '../../tensor/index.ts';

/** What a tap's numbers are. */
export interface TapDifference {
  readonly tap: string;
  readonly entries: number;
  readonly differing: number;
  /** Where the first that differs stands, and both numbers; null where none does. */
  readonly at: string | null;
  readonly alone: number | null;
  readonly padded: number | null;
  readonly meanDifference: number;
  readonly largestDifference: number;
  /** Outlier columns of what an 8-bit layer reads; null where none reads the tap. */
  readonly outliersAlone: number | null;
  readonly outliersPadded: number | null;
}

/** Both runs, and the differences of every tap in program order over the sequence's own tokens and keys. */
export function paddingDifferences(
  model: LoadedDecoder,
  policy: Policy,
  tokens: readonly number[],
  pad: PadOptions,
): { taps: TapDifference[]; logits: readonly [alone: Numbers, padded: Numbers] } {
  const [alone, padded] = [{ token: pad.token }, pad].map((options) => {
    const batch = batchOf([tokens], options);
    const taps = new Map<string, Tensor>();
    const A = new CpuArithmetic('padding', policy.specFor);
    forward(model, A, batch, (tap, value) => void taps.set(tap, A.lower(value)));
    return { batch, taps };
  });
  const own = (tap: string): Numbers => ownNumbers(padded.taps.get(tap) as Tensor, tap, padded.batch);
  return {
    taps: [...alone.taps].map(([tap, tensor]) => ({
      tap,
      ...differences(tensor, own(tap)),
      outliersAlone: outliersRead(policy, tap, tensor),
      outliersPadded: outliersRead(policy, tap, padded.taps.get(tap) as Tensor),
    })),
    logits: [alone.taps.get('logits')?.data as Numbers, own('logits')],
  };
}

/** What stands at the only sequence's own tokens; of scores and probabilities, at its own keys. */
function ownNumbers({ shape, data }: Tensor, tap: string, { spans: [{ start, end }], length }: Batch): Numbers {
  const width = rowLength(shape);
  const overKeys = ['scores', 'probs'].includes(siteKind(tap));
  return data.filter((_, i) => {
    const [row, column] = [Math.floor(i / width) % length, i % width];
    return row >= start && row < end && (!overKeys || (column >= start && column < end));
  });
}

function differences({ shape, data }: Tensor, other: Numbers) {
  let [differing, first, sum, largest] = [0, -1, 0, 0];
  data.forEach((x, i) => {
    // Both masked, or both NaN.
    if (x === other[i] || (Number.isNaN(x) && Number.isNaN(other[i]))) return;
    const difference = Math.abs(x - other[i]);
    differing++;
    if (first < 0) first = i;
    sum += difference;
    largest = Math.max(largest, difference);
  });
  return {
    ...{ entries: data.length, differing, at: first < 0 ? null : indexText(shape, first) },
    ...{ alone: first < 0 ? null : data[first], padded: first < 0 ? null : other[first] },
    ...{ meanDifference: sum / data.length, largestDifference: largest },
  };
}

/** `[0, 3, 17]`, as in the tensor of the sequence alone. */
function indexText(shape: readonly number[], index: number): string {
  const at = shape.map((n, axis) => Math.floor(index / sizeOf(shape.slice(axis + 1))) % n);
  return `[${at.join(', ')}]`;
}

/** The first of the linear layers that read a tap. */
const READERS: Readonly<Record<string, string>> = {
  ...{ input_norm: 'query', context: 'attn_out', post_norm: 'mlp_up', mlp_act: 'mlp_out' },
};

function outliersRead(policy: Policy, tap: string, { shape, data }: Tensor): number | null {
  const [layer, reader] = [layerOf(tap), READERS[siteKind(tap)]];
  const site = tap === 'final_norm' ? 'logits' : reader && layer !== null ? layerPrefix(layer) + reader : undefined;
  const linear = site === undefined ? 'plain' : policy.specFor(site).linear;
  if (linear === 'plain') return null;
  const width = rowLength(shape);
  const matrix = { shape: [data.length / width, width], data: roundArray(data, formats.fp16) };
  return outlierColumns(matrix, linear.threshold).length;
}
