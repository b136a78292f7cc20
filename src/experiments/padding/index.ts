/** What padding changes in the numbers of the tokens that it stands beside. */
import { z } from 'zod';
import { measureOutput } from '../../analysis/output.ts';
import { InputError } from '../../formats/index.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { batchOf } from '../../model/program/batch.ts';
import { loadedDecoder } from '../../model/program/forward.ts';
import { layerOf, siteNames } from '../../model/program/taps.ts';
import { randomDecoder } from '../../model/random/random-decoder.ts';
import { randomTokens } from '../../model/random/random-tokens.ts';
import { parsePolicy } from '../../tensor/index.ts';
import { type Cell, type Context, experiment, type Row } from '../experiment.ts';
import { count, seed, texts } from '../parameters.ts';
import { paddingDifferences } from './compare.ts';
import { figures, tables } from './results.ts';

const parameters = z.object({
  seed,
  policies: texts(
    'fp32; kernels=shaped',
    'autocast(bf16); kernels=shaped',
    'autocast(fp16); kernels=shaped',
    'fp16; kernels=shaped',
    'autocast(fp16); kernels=shaped; linear=int8; logits: linear=plain',
    'fp32',
    'autocast(fp16)',
    'autocast(fp16); linear=int8; logits: linear=plain',
  ).describe('policies of both runs'),
  checkpoint: z.string().default('').describe('folder of a LLaMA checkpoint; default: a random decoder of its style'),
  text: z
    .string()
    .default('Once upon a time, there was a little girl named Lily. She loved to play outside')
    .describe('whose first tokens are the sequence, where the checkpoint has a tokenizer'),
  tokens: count(2, 8192, 18).describe('tokens of the sequence'),
  padded: count(2, 8192, 50).describe('tokens that it is padded to'),
  sides: z
    .array(z.enum(['left', 'right']))
    .min(1)
    .default(['right', 'left'])
    .describe('where the padding stands'),
  padToken: count(0, 1_000_000, 0).describe('token that is the padding'),
});
type Parameters = z.infer<typeof parameters>;

export const paddingExperiment = experiment({
  id: 'padding',
  title: 'The same sequence alone and padded',
  source: {
    reference:
      'Forum post: a LLaMA checkpoint gives 18 tokens other hidden states and another loss when they are padded to 50, although the padding is masked',
    reported:
      'The listing of the first layer, key and index that differ; two losses, which differ more with 8-bit weights.',
  },
  finding:
    'Kernels chosen by shape are the reason: 18 rows are split, 50 are not, so the first query projection differs already, on either side of padding alike; invariant kernels give the same bits. With 8-bit weights they do not: in the trained model a channel that the MLP’s down projection reads is an outlier in the padding alone, and the loss changes 60 times as much as in fp16 without them.',
  parameters,
  quick: {},
  columns: [
    { key: 'policy', kind: 'text', header: 'policy', meaning: 'policy of both runs' },
    { key: 'side', kind: 'text', header: 'padding', meaning: 'where the padding stands' },
    { key: 'place', kind: 'integer', header: 'place', meaning: 'number of the tap in program order' },
    { key: 'layer', kind: 'integer', header: 'layer', meaning: 'block of the tap; null outside the blocks' },
    { key: 'tap', kind: 'text', header: 'key', meaning: 'the tap' },
    { key: 'entries', kind: 'integer', header: 'entries', meaning: 'numbers of the sequence’s own tokens' },
    { key: 'differing', kind: 'integer', header: 'differing', meaning: 'how many of them differ' },
    { key: 'at', kind: 'text', header: 'first at', meaning: 'index of the first that differs' },
    { key: 'alone', kind: 'number', header: 'alone', meaning: 'its value without padding' },
    { key: 'padded', kind: 'number', header: 'padded', meaning: 'its value with padding' },
    { key: 'meanDifference', kind: 'number', header: 'mean |Δ|', meaning: 'mean absolute difference' },
    { key: 'largestDifference', kind: 'number', header: 'largest |Δ|', meaning: 'largest absolute difference' },
    {
      ...{ key: 'outliersAlone', kind: 'integer', header: 'outliers alone' },
      meaning: 'outlier columns of what an 8-bit layer reads, without padding; null where none reads it',
    },
    { key: 'outliersPadded', kind: 'integer', header: 'outliers padded', meaning: 'the same with padding' },
    { key: 'lossAlone', kind: 'number', header: 'loss alone', meaning: 'at the logits: mean loss of the next tokens' },
    { key: 'lossPadded', kind: 'number', header: 'loss padded', meaning: 'the same with padding' },
    { key: 'flips', kind: 'integer', header: 'argmax flips', meaning: 'at the logits: tokens predicted otherwise' },
  ],
  cells: (p) => p.policies.flatMap((policy) => p.sides.map((side) => ({ policy, side }))),
  run: rowsOf,
  tables,
  figures,
});

async function rowsOf(p: Parameters, cell: Cell, context: Context): Promise<Row[]> {
  if (p.padded < p.tokens) {
    throw new InputError(`padding: padded: expected at least the ${p.tokens} tokens of the sequence, got ${p.padded}`);
  }
  const source = p.checkpoint === '' ? randomLlama(p) : await context.loadCheckpoint(p.checkpoint);
  const { config } = source;
  const tokens = tokensOf(source, p);
  const policy = parsePolicy(String(cell.policy), siteNames(config));
  const pad = { side: cell.side as 'left' | 'right', token: padTokenOf(p, source), length: p.padded };
  const { taps, logits } = paddingDifferences(await loadedDecoder(source), policy, tokens, pad);
  const output = measureOutput(...logits, config.vocabulary, batchOf([tokens], { token: pad.token }));
  return taps.map((found, place) => {
    const last = found.tap === 'logits';
    return {
      ...{ policy: cell.policy, side: cell.side, place, layer: layerOf(found.tap), ...found },
      lossAlone: last ? output.lossReference : null,
      lossPadded: last ? output.lossComputed : null,
      flips: last ? output.argmaxFlips : null,
    };
  });
}

/** The shape of a small trained LLaMA. */
function randomLlama({ seed: key, padded }: Parameters): DecoderSource {
  return randomDecoder({
    ...{ seed: key, layers: 5, width: 64, heads: 8, kvHeads: 4, mlpWidth: 172, vocabulary: 512, positions: padded },
    ...{ norm: 'rmsNorm', gated: true, positionEncoding: 'rotary', biases: 'none', initialisation: 'fan-in' },
  });
}

function tokensOf({ config, tokenizer, description }: DecoderSource, p: Parameters): number[] {
  if (p.padded > config.positions) {
    throw new InputError(
      `padding: padded: expected at most the ${config.positions} positions of ${description}, got ${p.padded}`,
    );
  }
  if (tokenizer === undefined) return randomTokens(p.seed, 1, p.tokens, config.vocabulary)[0];
  const tokens = tokenizer.encode(p.text);
  if (tokens.length >= p.tokens) return tokens.slice(0, p.tokens);
  throw new InputError(`padding: text: expected one of at least ${p.tokens} tokens, got ${tokens.length}`);
}

function padTokenOf({ padToken }: Parameters, { config, description }: DecoderSource): number {
  if (padToken < config.vocabulary) return padToken;
  throw new InputError(
    `padding: padToken: expected one of the ${config.vocabulary} tokens of ${description}, got ${padToken}`,
  );
}
