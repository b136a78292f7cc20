/** Every tap of a decoder in one arithmetic. */

import { Run } from '../../src/analysis/run.ts';
import { steps } from '../../src/analysis/steps.ts';
import type { Arithmetic } from '../../src/arithmetic/arithmetic.ts';
import type { DecoderSource } from '../../src/model/decoder-source.ts';
import { batchOf, type PadOptions } from '../../src/model/program/batch.ts';
import { DecoderProgram } from '../../src/model/program/decoder.ts';
import type { Tensor } from '../../src/tensor/index.ts';

export async function allTaps(
  model: DecoderSource,
  tokens: readonly (readonly number[])[],
  arithmetic: Arithmetic<unknown>,
  pad: PadOptions = { token: 0 },
): Promise<Map<string, Tensor>> {
  const run = new Run(new DecoderProgram(model.config, batchOf(tokens, pad)), arithmetic);
  const taps = new Map<string, Tensor>();
  for await (const step of steps(model)) {
    for (const { tap, value } of run.step(step)) taps.set(tap, await arithmetic.lower(value));
  }
  return taps;
}
