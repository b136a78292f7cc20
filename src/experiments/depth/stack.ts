/** Many decoders of one shape through their layers at once, in the reference and in several formats. */
import type { Arithmetic } from '../../arithmetic/arithmetic.ts';
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { withStackedWeights } from '../../arithmetic/stacked.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { batchOf } from '../../model/program/batch.ts';
import { DecoderProgram, type OnTap } from '../../model/program/decoder.ts';
import { halfBlocks, siteNames } from '../../model/program/taps.ts';
import { stackedLayer } from '../../model/random/square-decoder.ts';
import { type Numbers, parsePolicy } from '../../tensor/index.ts';

/** The residual streams of all decoders after a layer, one after the other: in float64, and in each policy. */
export interface Streams {
  /** Layers so far. */
  readonly layer: number;
  readonly exact: Numbers;
  readonly computed: readonly Numbers[];
}

/** Shows the streams after each of the given layers, ascending. Every decoder has its own input, `width` tokens of it. */
export async function runStack(
  decoders: readonly DecoderSource[],
  policies: readonly string[],
  depths: readonly number[],
  show: (streams: Streams) => void,
): Promise<void> {
  const { config } = decoders[0];
  const { width } = config;
  const tokens = decoders.map((_, i) => Array.from({ length: width }, (_, t) => i * width + t));
  const program = new DecoderProgram(config, batchOf(tokens, { token: 0 }));
  const inputs = await Promise.all(decoders.map((decoder) => decoder.embedding()));
  const size = width * width;
  const data = new Float32Array(decoders.length * size);
  inputs.forEach(({ token }, i) => {
    data.set(token.data, i * size);
  });
  const embedding = { token: { shape: [decoders.length * width, width], data } };
  const sites = siteNames(config);
  const runs = [float64Specs, ...policies.map((policy) => parsePolicy(policy, sites).specFor)].map((specOf) =>
    runOf(new CpuArithmetic('stack', specOf), (A) => program.embed(A, embedding, () => undefined)),
  );
  const last = depths.reduce((most, depth) => Math.max(most, depth), 0);
  for (const half of halfBlocks(config).filter(({ layer }) => layer < last)) {
    const layer = await stackedLayer(decoders, half.layer);
    for (const run of runs) run.step((A, x, tap) => program.halfBlock(A, half, layer, x, tap));
    if (half.kind === 'attention' || !depths.includes(half.layer + 1)) continue;
    const [exact, ...computed] = runs.map((run) => run.stream());
    show({ layer: half.layer + 1, exact, computed });
  }
}

type Step<V> = (arithmetic: Arithmetic<V>, x: V, tap: OnTap<V>) => V;

function runOf(base: CpuArithmetic, begin: (A: Arithmetic<Value>) => Value) {
  const arithmetic = withStackedWeights<Value>(base);
  let x = begin(arithmetic);
  return {
    step(step: Step<Value>): void {
      const values: Value[] = [x];
      x = step(arithmetic, x, (_, value) => void values.push(value));
      arithmetic.release?.(values, x);
    },
    stream: (): Numbers => base.lower(x).data,
  };
}

type Value = Parameters<CpuArithmetic['lower']>[0];
