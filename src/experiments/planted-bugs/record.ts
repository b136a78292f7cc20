/** A decoder's run as a trace in memory, with a defect in one of its taps where one is to be planted. */
import { steps } from '../../analysis/steps.ts';
import { memoryTrace, type RecordedTap, type Trace, type TraceMetadata } from '../../analysis/traces/trace.ts';
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import type { Store } from '../../arithmetic/scalar-arithmetic.ts';
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import type { Batch } from '../../model/program/batch.ts';
import { DecoderProgram } from '../../model/program/decoder.ts';
import { loadedDecoder } from '../../model/program/forward.ts';
import { Generation } from '../../model/program/generation.ts';
import { sizeOf, type Tensor } from '../../tensor/index.ts';

export type Value = Tensor<Store<number>>;

/** Changes the numbers of one tap; everything behind it is computed from what it made of them. */
export interface Plant {
  readonly tap: string;
  readonly change: (values: Float64Array, shape: readonly number[]) => void;
}

export interface Recording {
  readonly trace: Trace;
  /** The planted tap's numbers as they were. */
  readonly honest: Float64Array | undefined;
}

export async function record(
  model: DecoderSource,
  batch: Batch,
  arithmetic: Arithmetic<Value>,
  specOf: SpecOf,
  metadata: TraceMetadata,
  plant?: Plant,
): Promise<Recording> {
  const program = new DecoderProgram(model.config, batch);
  const taps = new Map<string, RecordedTap>();
  let honest: Float64Array | undefined;
  let stream = arithmetic.lift({ shape: [0], data: new Float64Array(0) });
  for await (const step of steps(model)) {
    stream = step.compute(program, arithmetic, { stream }, (tap, value) => {
      const { shape } = value;
      const values = Float64Array.from(value.data);
      taps.set(tap, { shape, format: specOf(tap).out, values });
      if (plant?.tap !== tap) return undefined;
      honest = values.slice();
      plant.change(values, shape);
      return { ...value, data: value.data instanceof Float32Array ? Float32Array.from(values) : values };
    });
  }
  return { trace: memoryTrace('planted', metadata, taps), honest };
}

/** The same tokens from a key-value cache: `prompt` of them at once, then one at a time. */
export async function recordGeneration(
  model: DecoderSource,
  tokens: readonly number[],
  prompt: number,
  arithmetic: Arithmetic<Value>,
  specOf: SpecOf,
  metadata: TraceMetadata,
): Promise<Trace> {
  const generation = new Generation(await loadedDecoder(model), arithmetic, { capacity: tokens.length });
  const pieces = new Map<string, Value[]>();
  const look = (tap: string, value: Value): undefined => {
    pieces.set(tap, [...(pieces.get(tap) ?? []), { ...value, data: Float64Array.from(value.data) }]);
  };
  generation.feed([tokens.slice(0, prompt)], look);
  for (const token of tokens.slice(prompt)) generation.feed([[token]], look);
  const taps = [...pieces].map(([tap, parts]): [string, RecordedTap] => [
    tap,
    { ...joinedTokens(parts), format: specOf(tap).out },
  ]);
  return memoryTrace('generated', metadata, new Map(taps));
}

/** Pieces of a tap behind one another along the axis of tokens, the last but one. */
function joinedTokens(parts: readonly Value[]): { shape: readonly number[]; values: Float64Array } {
  const [{ shape }] = parts;
  const axis = shape.length - 2;
  const width = shape[axis + 1];
  const tokens = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  const leading = sizeOf(shape.slice(0, axis));
  const values = new Float64Array(leading * tokens * width);
  let before = 0;
  for (const { shape, data } of parts) {
    const size = shape[axis] * width;
    for (let l = 0; l < leading; l++) {
      for (let i = 0; i < size; i++) values[(l * tokens + before) * width + i] = data[l * size + i];
    }
    before += shape[axis];
  }
  return { shape: [...shape.slice(0, axis), tokens, width], values };
}
