/** `ulpwise trace` and `ulpwise diff` on the command line. Loaded by these commands alone. */
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { patterns } from './options.ts';
import { addBackend, addDecoder, adderTo, addPolicy, addTokens, option } from './run-options.ts';
import type { TraceCommandOptions } from './trace.ts';

export function addTraces(program: Command, io: Io): void {
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
}
