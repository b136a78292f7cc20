/** How well the literature's predictors go along with the error of the logits (paper A's first experiment). */
import { z } from 'zod';
import { analyze, policyFor } from '../../analysis/analyze.ts';
import type { Diagnostics } from '../../analysis/diagnostics/result.ts';
import { norm2, ratio } from '../../analysis/metrics.ts';
import { rowsOf } from '../../analysis/rows.ts';
import { Run } from '../../analysis/run.ts';
import { steps } from '../../analysis/steps.ts';
import { FirstOrderArithmetic } from '../../arithmetic/first-order/index.ts';
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { parseFormat } from '../../formats/index.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { batchOf } from '../../model/program/batch.ts';
import { DecoderProgram } from '../../model/program/decoder.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { float64Functions } from '../../softfloat/float64.ts';
import { Random } from '../../testing/random.ts';
import { type Cell, type Context, experiment, type Row } from '../experiment.ts';
import { count, seed, texts } from '../parameters.ts';
import { predictors } from './predictors.ts';
import { figures, tables } from './results.ts';

const range = (least: number, most: number) =>
  z.tuple([z.number().positive(), z.number().positive()]).default([least, most]);

const parameters = z.object({
  seed,
  formats: texts('fp32', 'fp16', 'bf16').describe('formats that everything is computed in'),
  widths: z
    .array(count(4, 4096, 64))
    .min(1)
    .default([32, 96])
    .describe('widths of the random decoders'),
  depths: z
    .array(count(1, 200, 2))
    .min(1)
    .default([2, 6])
    .describe('their layers'),
  heads: count(1, 64, 4).describe('their heads'),
  draws: count(1, 1000, 24).describe('draws of weights and tokens, of each width and depth and of each checkpoint'),
  tokens: count(2, 8192, 32).describe('tokens of the sequence, at most'),
  gain: range(0.5, 4).describe('least and largest factor on query and key weights, log-uniform over draws'),
  stream: range(0.1, 3).describe('least and largest standard deviation of the embedding, log-uniform over draws'),
  checkpoints: z.array(z.string()).default([]).describe('folders of checkpoints, on random tokens'),
  resamples: count(10, 100_000, 1000).describe('bootstrap resamples of the draws'),
});
export type Parameters = z.infer<typeof parameters>;

export const predictorExperiment = experiment({
  id: 'predictor',
  title: 'Predictors of the error of the logits',
  source: {
    reference: 'arXiv 2510.21770, Exp-1 and the final version’s E2',
    reported:
      'The first version predicts the error of the logits across seeds, widths and precisions once it is scaled by ε_mach; the final version goes along with it in 18 runs of 18, better than without transport in 17.',
  },
  finding:
    'In part. Scaled by the roundoff, the formats follow one line with every predictor; with the roundoff alone as well (rank correlation 0.93): across formats it decides. Within a format the first version goes the wrong way (−0.5), because C_LN of the norms’ inputs is largest where errors are smallest; its attention term has 0.65, with κ_val 0.41, the final version 0.69, with transport or without. Over the inputs of one checkpoint no predictor is told from 0 in every format.',
  parameters,
  quick: { widths: [32], depths: [2, 4], draws: 6, resamples: 200 },
  columns: [
    { key: 'source', kind: 'text', header: 'source', meaning: 'random, or the folder of a checkpoint' },
    { key: 'width', kind: 'integer', header: 'width', meaning: 'width of the residual stream' },
    { key: 'layers', kind: 'integer', header: 'L', meaning: 'layers' },
    { key: 'draw', kind: 'integer', header: 'draw', meaning: 'number of the draw of weights and tokens' },
    { key: 'gain', kind: 'number', header: 'gain', meaning: 'factor on query and key weights; null for a checkpoint' },
    { key: 'stream', kind: 'number', header: 'x₀', meaning: 'standard deviation of the embedding; null likewise' },
    { key: 'format', kind: 'text', header: 'format', meaning: 'format of everything' },
    { key: 'epsMach', kind: 'number', header: 'ε_mach', meaning: 'its gap above 1, 2u' },
    { key: 'observed', kind: 'number', header: 'observed', meaning: '‖ŷ − y‖_F/‖y‖_F of the logits y' },
    {
      ...{ key: 'chain', kind: 'number', header: 'first-order bound', unit: 'ε_mach' },
      meaning: 'first-order bound of the logits, operation by operation, ‖b‖_F/‖y‖_F',
    },
    ...predictors.map(({ key, header, unit, meaning }) => ({
      ...{ key, kind: 'number' as const, header, meaning },
      unit: unit === 'u' ? 'u' : 'ε_mach',
    })),
  ],
  cells: (p) => [
    ...p.widths.flatMap((width) =>
      p.depths.flatMap((layers) =>
        Array.from({ length: p.draws }, (_, draw) => ({ source: 'random', width, layers, draw })),
      ),
    ),
    ...p.checkpoints.flatMap((source) =>
      Array.from({ length: p.draws }, (_, draw) => ({ source, width: null, layers: null, draw })),
    ),
  ],
  run: rowsOfCell,
  tables,
  figures,
});

async function rowsOfCell(p: Parameters, cell: Cell, context: Context): Promise<Row[]> {
  const draw = Number(cell.draw);
  const random = new Random(p.seed + draw, 'predictor', 0);
  const [gain, stream] = [p.gain, p.stream].map((ends) => logUniform(random, ends));
  const own = cell.source === 'random';
  const model = own ? decoderOf(p, cell, { gain, stream, draw }) : await context.loadCheckpoint(String(cell.source));
  const { vocabulary, positions, width, layers } = model.config;
  const tokens = randomTokens(p.seed + draw, 1, Math.min(p.tokens, positions), vocabulary);
  let diagnosed: { readonly of: Diagnostics; readonly u: number } | undefined;
  const rows: Row[] = [];
  for (const policy of p.formats) {
    const { u, epsMach } = parseFormat(policy);
    const options = { policy, taps: ['logits'], uncertaintyTokens: 1 };
    // Of the reference alone: the same for every format.
    const { taps, diagnostics } = await analyze(model, tokens, { ...options, diagnostics: diagnosed === undefined });
    if (diagnostics !== undefined) diagnosed = { of: diagnostics, u };
    const { of: found, u: unit } = diagnosed as NonNullable<typeof diagnosed>;
    rows.push({
      ...{ source: cell.source, width, layers, draw, gain: own ? gain : null, stream: own ? stream : null },
      ...{ format: policy, epsMach, observed: taps[0].relFrobenius },
      chain: (await firstOrderBound(model, tokens, policy)) / epsMach,
      ...Object.fromEntries(predictors.map(({ key, of }) => [key, of(found.layers, unit)])),
    });
  }
  return rows;
}

/** e^(ln a + (ln b − ln a)·U). */
function logUniform(random: Random, [least, most]: readonly number[]): number {
  const { exp, log } = float64Functions;
  return exp(log(least) + (log(most) - log(least)) * random.uniform());
}

function decoderOf(
  { seed: key, heads, tokens }: Parameters,
  { width, layers }: Cell,
  { gain, stream, draw }: Readonly<Record<'gain' | 'stream' | 'draw', number>>,
): DecoderSource {
  return randomDecoder({
    ...{ width: Number(width), layers: Number(layers), heads, positions: tokens, seed: key + draw },
    ...{ initialisation: 'fan-in', biases: 'zero', queryKeyGain: gain },
    // Of a token's and a position's embedding, of equal size.
    standardDeviation: stream / Math.SQRT2,
  });
}

/** ‖b‖_F/‖y‖_F of the logits y and their bounds b. */
async function firstOrderBound(model: DecoderSource, tokens: number[][], policy: string): Promise<number> {
  const A = new FirstOrderArithmetic({
    reference: new CpuArithmetic('float64', float64Specs),
    specOf: policyFor(model, policy).specFor,
    order: 'declared',
  });
  const run = new Run(new DecoderProgram(model.config, batchOf(tokens, { token: 0 })), A);
  for await (const step of steps(model)) run.step(step);
  const { shape, data } = A.boundOf(run.stream);
  const rows = rowsOf('logits', shape, run.program.batch);
  return ratio(norm2(data, rows), norm2(run.stream.numbers, rows));
}
