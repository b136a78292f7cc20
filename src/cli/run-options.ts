/** Options of every command that runs a decoder: what computes, on which tokens, and the random decoder. */
import { type Command, Option } from 'commander';
import { backendChoices } from './backends.ts';
import { choice, integer, positive, tokenLists } from './options.ts';

export const ARITHMETIC = 'Arithmetic:';

export const option = (flags: string, description: string): Option => new Option(flags, description);

/** Adds an option under a heading of the help. */
export function adderTo(command: Command): (option: Option, group: string) => Command {
  return (option, group) => command.addOption(option.helpGroup(group));
}

export function addPolicy(command: Command): void {
  const add = adderTo(command);
  add(
    option('--policy <text>', "formats and orders by site, such as 'bf16; *_residual: fp32; order=pairwise'").default(
      'bf16',
    ),
    ARITHMETIC,
  );
}

export function addBackend(command: Command): void {
  const add = adderTo(command);
  add(
    option('--backend <name>', `what computes the policy's run: ${backendChoices.join(', ')}; the bits are the same`)
      .default('cpu')
      .argParser(choice('--backend', backendChoices)),
    ARITHMETIC,
  );
}

export function addTokens(command: Command): void {
  const add = adderTo(command);
  const input = 'Tokens:';
  add(option('--text <words>', "one sequence, through the checkpoint's tokenizer"), input);
  add(
    option('--tokens <lists>', 'token numbers, such as 1,5,9;2,3,4 (semicolons between sequences)').argParser(
      tokenLists,
    ),
    input,
  );
  add(option('--file <path>', 'sequences from the beginning of a text file'), input);
  add(
    option('--length <n>', 'tokens a sequence; of --text at most (default: 128, or the positions if fewer)').argParser(
      integer('--length', 1),
    ),
    input,
  );
  add(
    option('--batch <n>', 'sequences of a file or for a random decoder (default: 1)').argParser(integer('--batch', 1)),
    input,
  );
  add(
    option('--pad <side>', 'where shorter sequences are padded: left or right')
      .default('right')
      .argParser(choice('--pad', ['left', 'right'])),
    input,
  );
  add(
    option('--pad-token <n>', "the padding token (default: the model's, else its end of text, else 0)").argParser(
      integer('--pad-token', 0),
    ),
    input,
  );
}

export function addDecoder(command: Command): void {
  const add = adderTo(command);
  const decoder = 'Random decoder (without a checkpoint):';
  add(option('--seed <n>', 'of its numbers and tokens (default: 1)').argParser(integer('--seed', 0)), decoder);
  add(
    option('--style <name>', 'gpt2 or llama (default: gpt2)').argParser(choice('--style', ['gpt2', 'llama'])),
    decoder,
  );
  add(option('--layers <n>', 'blocks (default: 6)').argParser(integer('--layers', 1)), decoder);
  add(option('--width <n>', 'of the residual stream (default: 128)').argParser(integer('--width', 1)), decoder);
  add(
    option('--heads <n>', 'query heads, a divisor of the width (default: 4)').argParser(integer('--heads', 1)),
    decoder,
  );
  add(option('--kv-heads <n>', 'key-value heads (default: as many)').argParser(integer('--kv-heads', 1)), decoder);
  add(
    option('--mlp-width <n>', 'inside the MLP (default: 4 times the width)').argParser(integer('--mlp-width', 1)),
    decoder,
  );
  add(option('--vocabulary <n>', 'tokens (default: 512)').argParser(integer('--vocabulary', 1)), decoder);
  add(
    option('--norm-placement <where>', 'pre or post (default: pre)').argParser(
      choice('--norm-placement', ['pre', 'post']),
    ),
    decoder,
  );
  add(
    option('--query-key-gain <x>', 'multiplies query and key weights (default: 1)').argParser(
      positive('--query-key-gain'),
    ),
    decoder,
  );
  add(
    option('--embedding-scale <x>', 'multiplies the embeddings (default: 1)').argParser(positive('--embedding-scale')),
    decoder,
  );
}
