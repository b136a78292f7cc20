/** A decoder's run as a trace in memory, with a defect in one of its taps where one is to be planted. */
import { steps } from '../../analysis/steps.ts';
import { memoryTrace, type RecordedTap, type Trace, type TraceMetadata } from '../../analysis/traces/trace.ts';
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import type { Store } from '../../arithmetic/scalar-arithmetic.ts';
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import type { Batch } from '../../model/program/batch.ts';
import { DecoderProgram } from '../../model/program/decoder.ts';
import type { Tensor } from '../../tensor/index.ts';

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
