/** The command line: commands, options and their help. */
import { Command, CommanderError, Option } from 'commander';
import { GpuError } from '../backends/webgpu/device.ts';
import { InputError } from '../formats/index.ts';
import { type AnalyzeCommandOptions, runAnalyze } from './analyze.ts';
import { type BackendChoice, backendChoices } from './backends.ts';
import { runFormats } from './formats.ts';
import type { Io } from './io.ts';
import { choice, integer, patterns, tableFormat } from './options.ts';
import { formatList, type ProbeCommandOptions, runProbeOf } from './probe.ts';
import { ARITHMETIC, addBackend, addDecoder, adderTo, addPolicy, addTokens, option } from './run-options.ts';
import { addTraces } from './trace-commands.ts';
import type { VerifyCommandOptions } from './verify.ts';
import { version } from './version.ts';

/**
 * Runs a command; `words` are those behind the program's name.
 * @returns the exit code: 0; 2 where the input is wrong, after one line on stderr; 1 for a defect, where a GPU fails, and where
 * a backend is not as declared
 */
export async function runCli(words: readonly string[], io: Io): Promise<number> {
  try {
    const outcome = { code: 0 };
    const program = createProgram(words, io, outcome);
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof InputError) {
      io.stderr(`ulpwise: ${error.message}\n`);
      return 2;
    }
    if (error instanceof GpuError) {
      io.stderr(`ulpwise: ${error.message}\n`);
      return 1;
    }
    io.stderr(`ulpwise: this is a defect of ulpwise, please report it: ${String(error)}\n`);
    if (process.env.ULPWISE_DEBUG) io.stderr(`${error instanceof Error ? error.stack : ''}\n`);
    else io.stderr('Set ULPWISE_DEBUG=1 to see where it happened.\n');
    return 1;
  }
}

/** A command that ends well with another exit code than 0 sets `outcome.code`. */
function createProgram(words: readonly string[], io: Io, outcome: { code: number }): Command {
  const program = new Command('ulpwise')
    .description('How wrong is a transformer in low precision, and where does the error come from?')
    .version(version)
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      // One line, in the form of every other error.
      outputError: (text, write) =>
        write(
          `ulpwise: ${text
            .replace(/^error: /, '')
            .trim()
            .replace(/\s*\n\s*/g, ' ')}; see --help\n`,
        ),
      getOutHelpWidth: () => Math.min(io.columns, 100),
      getErrHelpWidth: () => Math.min(io.columns, 100),
    })
    .addHelpText(
      'after',
      '\nWithout a command: this help. `ulpwise analyze` without a checkpoint runs a small seeded decoder.',
    );
  addAnalyze(program, words, io);
  program
    .command('formats')
    .description('print the table of number formats')
    .argument('[FORMAT...]', 'formats to add, such as e5m10 or decimal:8')
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .option('--json', 'print JSON instead of a table')
    .action((names, options) => runFormats(names, options, io));
  addProbe(program, io, outcome);
  addBounds(program, io, outcome);
  addExperiments(program, io);
  addTraces(program, io, outcome);
  return program;
}

/** The catalogue, its trials and mathjs are loaded by these commands alone: that takes longer than all the rest. */
function addBounds(program: Command, io: Io, outcome: { code: number }): void {
  program
    .command('bounds')
    .description('list the catalogue of bounds, or print statement, assumptions, sharpness and source of some')
    .argument('[ID...]', 'bounds, such as dotSeq')
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .option('--json', 'print JSON instead')
    .action(async (ids, options) => (await import('./bounds.ts')).runBounds(ids, options, io));
  program
    .command('verify')
    .description('search for inputs on which an error exceeds its bound')
    .argument('[ID...]', 'bounds (default: all)')
    .addOption(new Option('--cases <n>', 'of each bound').default(2000).argParser(integer('--cases', 1)))
    .addOption(new Option('--seed <n>', 'of the cases').default(1).argParser(integer('--seed', 0)))
    .option(
      '--json <file>',
      'the result as JSON (- for stdout); stopped, the same command goes on from <file>.progress',
    )
    .option('--formats', 'a line for each bound and format')
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .addHelpText('after', '\nThe exit code is 1 where a rigorous or first-order bound is exceeded.')
    .action(async (ids: string[], options: VerifyCommandOptions) => {
      const { runVerify } = await import('./verify.ts');
      if (!(await runVerify(ids, options, io))) outcome.code = 1;
    });
}

/** Loaded by these commands alone, as the catalogue is. */
function addExperiments(program: Command, io: Io): void {
  program
    .command('run')
    .description('reproduce an experiment of the papers: its table, figures and data')
    .argument('[ID]', 'an experiment, such as softmax')
    .option('--list', 'list the experiments, or the parameters of one')
    .option('--quick', 'a run of some seconds')
    .option('--set <name=value>', 'set a parameter; lists are separated by commas (repeatable)', collect, [])
    .option('--out <folder>', 'keep data (Parquet), tables and figures; stopped, the same command goes on')
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .addOption(
      new Option('--backend <name>', `what computes analyses of whole models: ${backendChoices.join(', ')}`)
        .default('cpu')
        .argParser(choice('--backend', backendChoices)),
    )
    .addOption(new Option('--threads <n>', 'default: all cores').argParser(integer('--threads', 1, 1024)))
    .action(async (id, options) => (await import('./run.ts')).runExperiment(id, options, io));
  program
    .command('table')
    .description("print a run's tables again, from its data")
    .argument('<folder>', 'of ulpwise run --out')
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .action(async (folder, options) => (await import('./run.ts')).printTables(folder, options, io));
  program
    .command('plot')
    .description("draw a run's figures again, from its data (SVG and PNG)")
    .argument('<folder>', 'of ulpwise run --out')
    .action(async (folder) => (await import('./run.ts')).drawFigures(folder, io));
}

const collect = (value: string, earlier: readonly string[]): string[] => [...earlier, value];

function addProbe(program: Command, io: Io, outcome: { code: number }): void {
  program
    .command('probe')
    .description(
      'measure what a backend does (rounding, subnormals, contraction, summation trees) beside what it declares',
    )
    .addOption(
      new Option('--backend <name>', backendChoices.join(', '))
        .default('cpu')
        .argParser(choice('--backend', backendChoices)),
    )
    .addOption(
      new Option(
        '--formats <list>',
        'formats to probe (default: fp64,fp32,tf32,fp16,bf16,e4m3; webgpu has no fp64)',
      ).argParser(formatList),
    )
    .addOption(new Option('--table <form>', 'md, latex or csv').default('md').argParser(tableFormat))
    .option('--json', 'print every finding as JSON instead of a table')
    .addHelpText('after', '\nThe exit code is 1 where something is not as declared.')
    .action(async ({ backend, ...options }: ProbeCommandOptions & { backend: BackendChoice }) => {
      if (!(await runProbeOf(backend, options, io))) outcome.code = 1;
    });
}

function addAnalyze(program: Command, words: readonly string[], io: Io): void {
  const command = program
    .command('analyze')
    .description('run a decoder under a policy and under a reference, and print the error of every half block')
    .argument('[CHECKPOINT]', 'a Hugging Face folder (GPT-2 or LLaMA family); without it, a seeded random decoder');
  const add = adderTo(command);
  const arithmetic = ARITHMETIC;
  addPolicy(command);
  add(
    option('--reference <name>', 'float64, double-float (on the GPU), double-double or decimal:N').default('float64'),
    arithmetic,
  );
  add(
    option('--weights <which>', "the reference's weights: original, or rounded as the policy rounds them")
      .default('original')
      .argParser(choice('--weights', ['original', 'rounded'])),
    arithmetic,
  );
  addBackend(command);
  add(
    option(
      '--tiers',
      'beside the observed error: root sum square and triangle of the local errors, bounds, and the worst case',
    ),
    arithmetic,
  );

  addTokens(command);

  const output = 'Output:';
  add(
    option(
      '--taps <patterns>',
      "taps to print and to save, such as '*.probs,logits' (default: the depth table; '*' for all)",
    ).argParser(patterns),
    output,
  );
  add(option('--diagnostics', 'condition numbers, weight functionals and predictors of every layer'), output);
  add(option('--per-head', 'those of every head too, a row for each; implies --diagnostics'), output);
  add(
    option(
      '--formula <text>',
      "a number for each layer, such as 'mine = u*kappa_val'; may be repeated; implies --diagnostics",
    ).argParser((text: string, earlier: string[] = []) => [...earlier, text]),
    output,
  );
  add(option('--table <form>', 'the printed table: md, latex or csv').default('md').argParser(tableFormat), output);
  add(option('--json <file>', 'the analysis as JSON; - for stdout, instead of the table'), output);
  add(option('--report <folder>', 'an HTML page with figure, tables, rows (Parquet) and manifest'), output);
  add(option('--dump <file>', 'every computed tap as safetensors'), output);
  add(option('--dump-reference <file>', 'every tap of the reference as safetensors'), output);

  addDecoder(command);

  command
    .addHelpText('after', EXAMPLES)
    .action((checkpoint: string | undefined, options: AnalyzeCommandOptions) =>
      runAnalyze(checkpoint, options, words, io),
    );
}

const EXAMPLES = `
Examples:
  ulpwise analyze
  ulpwise analyze models/gpt2 --text 'One day, a fox found a key.' --report out
  ulpwise analyze models/llama --file book.txt --length 256 --policy 'autocast(bf16)'
  ulpwise analyze models/gpt2 --tokens '15496,995' --policy 'fp16; order=lanes(8)' --json run.json
  ulpwise analyze --formula 'mine = u*kappa_softmax*(1+kappa_score)*kappa_val'
  ulpwise analyze --policy 'bf16; mode=stochastic, seed=7'
  ulpwise analyze models/gpt2 --text 'Once upon a time' --tiers --report out
`;
