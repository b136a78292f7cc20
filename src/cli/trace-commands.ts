/** `ulpwise trace` and `ulpwise diff` on the command line. Loaded by these commands alone. */
import type { Command } from 'commander';
import { parseProducer, producerNames } from '../analysis/traces/explain/producers.ts';
import type { DiffCommandOptions } from './diff.ts';
import type { ExplainCommandOptions } from './explain.ts';
import type { Io } from './io.ts';
import { choice, patterns, tableFormat, tokenLists } from './options.ts';
import { addBackend, addDecoder, adderTo, addPolicy, addTokens, option } from './run-options.ts';
import type { TraceCommandOptions } from './trace.ts';

/** A command that ends well with another exit code than 0 sets `outcome.code`. */
export function addTraces(program: Command, io: Io, outcome: { code: number }): void {
  const trace = program
    .command('trace')
    .description('run a decoder under a policy and write its taps, each in its own format, as safetensors')
    .argument('[CHECKPOINT]', 'a Hugging Face folder (GPT-2 or LLaMA family); without it, a seeded random decoder');
  addPolicy(trace);
  addBackend(trace);
  addTokens(trace);
  const add = adderTo(trace);
  const output = 'Output:';
  add(option('--out <file>', 'the file to write').makeOptionMandatory(), output);
  add(
    option('--taps <patterns>', "taps to write, such as '*.probs,logits' (default: all)").argParser(patterns),
    output,
  );
  add(option('--stats', 'statistics of each tap as JSON, instead of its numbers'), output);
  addDecoder(trace);
  trace.action(async (checkpoint: string | undefined, options: TraceCommandOptions) =>
    (await import('./trace.ts')).runTrace(checkpoint, options, io),
  );

  program
    .command('diff')
    .description('compare two traces tap by tap: the same numbers, or how far apart and where first')
    .argument('<A>', 'a file (.safetensors, .npz, .npy) of ulpwise trace or of another program, or a folder of them')
    .argument('<B>', 'the other one')
    .option('--first', 'stop at the first tap that differs')
    .addOption(
      option('--taps <patterns>', "taps to compare, such as '*.probs,logits' (default: all)").argParser(patterns),
    )
    .addOption(
      option('--pad <side>', 'where a trace is padded that does not say so: left or right').argParser(
        choice('--pad', ['left', 'right']),
      ),
    )
    .option('--map-a <file>', "a JSON map of A's names to ours (docs/traces.md)")
    .option('--map-b <file>', "the same for B's names")
    .option(
      '--orders <checkpoint>',
      'also say in which order each side summed its products, with the weights of a folder',
    )
    .addOption(option('--table <form>', 'md, latex or csv (with every number)').default('md').argParser(tableFormat))
    .option('--json <file>', 'the comparison as JSON; - for stdout, instead of the table')
    .option('--report <file>', 'the comparison as an HTML page')
    .option(
      '--explain <checkpoint>',
      'instead: is the difference one of rounding? Each span recomputed from the trace, with the weights of a folder',
    )
    .addOption(
      option('--producer <name>', `what made a trace that is not ulpwise's: ${producerNames.join(', ')}`).argParser(
        parseProducer,
      ),
    )
    .option('--policy-a <text>', "the formats A computed in, where it does not say, such as 'fp32' (with --explain)")
    .option('--policy-b <text>', 'the same for B')
    .addOption(
      option('--tokens <lists>', 'the token numbers of traces that do not say (with --explain)').argParser(tokenLists),
    )
    .addHelpText(
      'after',
      '\nThe exit code is 0 whether the traces differ or not, 1 where --explain names a bug, and 2 where one cannot be read.',
    )
    .action(async (a: string, b: string, options: DiffCommandOptions & ExplainCommandOptions) => {
      const checkpoint = options.explain;
      if (checkpoint === undefined) return (await import('./diff.ts')).runDiff(a, b, options, io);
      const { runExplain } = await import('./explain.ts');
      if (!(await runExplain(a, b, { ...options, explain: checkpoint }, io))) outcome.code = 1;
    });
}
