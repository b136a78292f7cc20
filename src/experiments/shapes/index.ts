/** One token alone against the same token in a batch, and generation against one run, under kernels chosen by shape. */
import { z } from 'zod';
import { type Cell, experiment, type Row } from '../experiment.ts';
import { count, numbers, seed, texts } from '../parameters.ts';
import { aloneRows } from './alone.ts';
import { generatedRows } from './generated.ts';
import { figures, tables } from './results.ts';

/** A library whose kernels all add in trees, a tree of its own each. */
const TREES = 'kernels=lanes(128)/lanes(64)/pairwise';

const parameters = z.object({
  seed,
  policies: texts(
    'fp32; kernels=shaped',
    `fp32; ${TREES}`,
    'fp32',
    'bf16; kernels=shaped',
    `bf16; ${TREES}`,
    'bf16; kernels=shaped; product=exact; accumulate=e8m15',
    'bf16; kernels=shaped; product=exact; accumulate=fp32',
    'bf16',
  ).describe('policies; a sum in twice the precision is what compensated summation gives'),
  layers: count(1, 200, 20).describe('blocks LN–Linear–GELU–Linear–LN of the post’s network'),
  width: count(8, 8192, 768).describe('its width'),
  samples: count(1, 1000, 8).describe('tokens, each alone and inside each batch'),
  batches: numbers(1, 1_000_000, 1024, 8192, 16384).describe('rows of the batches'),
  decoderLayers: count(1, 200, 12).describe('layers of the decoder that generates'),
  decoderWidth: count(8, 8192, 256).describe('its width'),
  heads: count(1, 64, 4).describe('its heads'),
  vocabulary: count(2, 100_000, 4096).describe('its vocabulary'),
  prompts: count(1, 1000, 2).describe('prompts, each continued on its own'),
  prompt: count(1, 4096, 16).describe('tokens of a prompt'),
  tokens: count(2, 8192, 64).describe('tokens in all: the prompt and those that follow'),
});
type Parameters = z.infer<typeof parameters>;

export const shapesExperiment = experiment({
  id: 'shapes',
  title: 'The same token alone and in a batch: kernels chosen by shape',
  source: {
    reference:
      'Forum post: 20 residual LN–Linear–GELU–Linear–LN layers, width 768, weights N(0, 0.2²), one token alone against the same token inside 1, 8 and 16 × 1024 tokens; its author’s own problem, generation from a key-value cache against one prefill',
    reported: 'The mean absolute difference grows linearly with depth; a decoder’s output changes with the batch.',
  },
  finding:
    'A row alone is summed in lanes, a batch in tiles or split-k: the difference grows with an exponent of 0.6 to 0.8 in depth. What each block adds is independent of what it inherits (√), and each block magnifies what it inherits by 7 to 10 %, which together look linear over 20 layers. Invariant kernels give exactly 0. In bf16, sums as trees take away a quarter, sums in twice the precision two thirds, fp32 sums nine tenths, but not all: a sum that crosses a rounding boundary starts a difference that grows like any other.',
  parameters,
  quick: { width: 256, samples: 4, decoderWidth: 64, prompts: 1, tokens: 48 },
  columns: [
    {
      ...{ key: 'study', kind: 'text', header: 'study' },
      meaning: 'alone: a token alone against one in a batch; generated: token by token against one run',
    },
    { key: 'policy', kind: 'text', header: 'policy', meaning: 'policy of both' },
    { key: 'residual', kind: 'integer', header: 'residual', meaning: '1 with residual adds, 0 without' },
    { key: 'rows', kind: 'integer', header: 'rows', meaning: 'tokens of the batch, or of the one run' },
    { key: 'layer', kind: 'integer', header: 'layer', meaning: 'stream after this layer; null: the logits' },
    { key: 'kernels', kind: 'text', header: 'orders', meaning: 'of a product of one row, and of all rows' },
    { key: 'difference', kind: 'number', header: 'mean |Δ|', meaning: 'mean absolute difference' },
    { key: 'low', kind: 'number', header: '10 %', meaning: '10 % quantile over tokens of the token’s mean |Δ|' },
    { key: 'high', kind: 'number', header: '90 %', meaning: '90 % quantile over tokens of the token’s mean |Δ|' },
    { key: 'most', kind: 'number', header: 'largest', meaning: 'largest over tokens of the token’s mean |Δ|' },
    { key: 'size', kind: 'number', header: 'mean |x|', meaning: 'mean absolute value' },
    { key: 'error', kind: 'number', header: 'mean |error|', meaning: 'of the token alone, against float64' },
    {
      ...{ key: 'fresh', kind: 'number', header: 'fresh' },
      meaning: 'root mean square of what the other kernels make of the same input of this block',
    },
    {
      key: 'gain',
      kind: 'number',
      header: 'gain',
      meaning: 'what the block multiplies an inherited difference by, in norm',
    },
    {
      key: 'cosine',
      kind: 'number',
      header: 'cosine',
      meaning: 'between the fresh and the carried part of the difference',
    },
    { key: 'flips', kind: 'number', header: 'argmax flips', meaning: 'part of the tokens whose largest entry changes' },
  ],
  cells: (p) => [
    ...p.policies.flatMap((policy) => [1, 0].map((residual) => ({ study: 'alone', policy, residual }))),
    ...p.policies.map((policy) => ({ study: 'generated', policy, residual: null })),
  ],
  run: rowsOf,
  tables,
  figures,
});

async function rowsOf(p: Parameters, cell: Cell): Promise<readonly Row[]> {
  const policy = String(cell.policy);
  if (cell.study === 'alone') return aloneRows({ ...p, policy, residual: cell.residual === 1 });
  return generatedRows({ ...p, policy });
}
