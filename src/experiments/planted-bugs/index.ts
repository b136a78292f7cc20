/** Is a difference expected? Defects that are planted into runs, and honest differences between runs. */
import { z } from 'zod';
import { explain } from '../../analysis/traces/explain/explain.ts';
import { parseProducer } from '../../analysis/traces/explain/producers.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { type Cell, experiment, type Row } from '../experiment.ts';
import { count, seed, texts } from '../parameters.ts';
import { type BugName, bugNames } from './bugs.ts';
import { type DecoderName, decoderNames, decoderOf, policies } from './decoders.ts';
import { type DifferenceName, differenceNames, honestPair } from './differences.ts';
import { plantedPair } from './planted.ts';
import { figures, tables } from './results.ts';

const parameters = z.object({
  seed,
  policies: texts(...policies).describe('policies of the runs'),
  decoders: z
    .array(z.enum(decoderNames))
    .min(1)
    .default([...decoderNames])
    .describe('kinds of random decoders'),
  samples: count(1, 1000, 6).describe('runs of each decoder, policy and defect or difference'),
  tokens: count(4, 512, 12).describe('tokens of each sequence'),
});
export type Parameters = z.infer<typeof parameters>;

export const plantedBugsExperiment = experiment({
  id: 'planted-bugs',
  title: 'Defects in a run, told from what rounding does',
  source: {
    reference: 'the threads in which two programs’ outputs differ',
    reported: 'Nobody can say whether the difference is one of rounding or a defect.',
  },
  finding:
    'Every defect above its local bound is named at its tap, one ulp where no order matters included, and no honest difference is called a defect: orders, blocks, fused bias, padding, a cache, another program’s formulas. What is smaller than the bound is not seen.',
  parameters,
  quick: { samples: 1, policies: [policies[0], policies[1]] },
  columns: [
    { key: 'kind', kind: 'text', header: 'kind', meaning: 'planted defect, or honest difference' },
    { key: 'name', kind: 'text', header: 'what', meaning: 'which defect or difference' },
    { key: 'decoder', kind: 'text', header: 'decoder', meaning: 'kind of the random decoder' },
    { key: 'policy', kind: 'text', header: 'policy', meaning: 'of both runs, but for what differs' },
    { key: 'sample', kind: 'integer', header: 'sample', meaning: 'number of the decoder and its tokens' },
    { key: 'tap', kind: 'text', header: 'planted at', meaning: 'tap that was changed' },
    {
      key: 'size',
      kind: 'number',
      header: 'size',
      unit: 'bound',
      meaning: 'largest |planted − honest| over the local bound of its entry; ∞ where the bound is 0',
    },
    { key: 'verdict', kind: 'text', header: 'verdict', meaning: 'expected or bug' },
    { key: 'named', kind: 'text', header: 'named', meaning: 'tap that was named' },
    {
      key: 'right',
      kind: 'integer',
      header: 'right',
      meaning: '1 if the planted tap and side were named, or no defect was',
    },
    {
      key: 'nearest',
      kind: 'number',
      header: 'nearest',
      unit: 'bound',
      meaning: 'largest |difference| over bound of taps that were not changed',
    },
  ],
  cells: (p) =>
    p.policies.flatMap((policy) =>
      p.decoders.flatMap((decoder) =>
        [
          ...bugNames.map((name) => ({ kind: 'planted', name })),
          ...differenceNames.map((name) => ({ kind: 'honest', name })),
        ].map((what) => ({ ...what, decoder, policy })),
      ),
    ),
  run: rowsOf,
  tables,
  figures,
});

async function rowsOf(p: Parameters, cell: Cell): Promise<Row[]> {
  const rows: Row[] = [];
  for (let sample = 0; sample < p.samples; sample++) rows.push(...(await rowOf(p, cell, sample)));
  return rows;
}

async function rowOf(p: Parameters, cell: Cell, sample: number): Promise<Row[]> {
  const model: DecoderSource = randomDecoder(decoderOf(cell.decoder as DecoderName, p.seed + sample, p.tokens));
  const place = { model, policy: String(cell.policy), seed: p.seed, sample, tokens: p.tokens };
  const pair =
    cell.kind === 'planted'
      ? await plantedPair(cell.name as BugName, place)
      : await honestPair(cell.name as DifferenceName, place);
  // A decoder without rotary embedding has no rotary angle that could be wrong.
  if (pair === undefined)
    return [{ ...cell, sample, tap: null, size: null, verdict: null, named: null, right: null, nearest: null }];
  const { traces, producer, planted } = pair;
  let [size, nearest] = [0, 0];
  const found = await explain(model, traces, {
    B: { producer: parseProducer(producer), policy: traces.B.metadata.policy },
    onTap: (tap, { A, B }) => {
      const own = planted?.tap === tap;
      for (const side of [A, own ? undefined : B]) nearest = Math.max(nearest, side?.check.boundRatio ?? 0);
      if (own && B !== undefined) size = sizeOfPlant(B.recorded, planted.visible(planted.honest), B.bounds);
    },
  });
  const right = planted === undefined ? found.verdict === 'expected' : found.tap === planted.tap && found.side === 'B';
  return [
    {
      ...{ ...cell, sample, tap: planted?.tap ?? null, size: planted === undefined ? null : size },
      ...{ verdict: found.verdict, named: found.tap, right: right ? 1 : 0, nearest },
    },
  ];
}

/** Of the entry that stands out most. */
function sizeOfPlant(planted: Float64Array, honest: Float64Array, bounds: Float64Array): number {
  return planted.reduce((most, x, i) => {
    const distance = Math.abs(x - honest[i]);
    return distance === 0 || bounds[i] === Number.POSITIVE_INFINITY ? most : Math.max(most, distance / bounds[i]);
  }, 0);
}
