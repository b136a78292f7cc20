/** Runs a decoder under a policy and under the reference, half block by half block, and compares them at every tap. */
import { SoftfloatArithmetic, type SpecOf } from '../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../backends/cpu/cpu-arithmetic.ts';
import { fitsFloat32, InputError } from '../formats/index.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import type { Batch } from '../model/program/batch.ts';
import { DecoderProgram } from '../model/program/decoder.ts';
import { layerOf, siteNames } from '../model/program/taps.ts';
import { type Policy, parsePolicy, patternTest, type Tensor } from '../tensor/index.ts';
import { computedArithmetic } from './computed.ts';
import { Deliveries, untilDecided } from './decided.ts';
import type { TierMeasurement } from './depth/tiers.ts';
import type { DiagnosticsCollector } from './diagnostics/collector.ts';
import { errorsOf, nonFiniteEntries, norm2, ratio } from './metrics.ts';
import { type AnalyzeOptions, checkedBatch, checkOptions } from './options.ts';
import { measureOutput } from './output.ts';
import { type MakeReference, parseReference, type ReferenceName, referenceArithmetic } from './references.ts';
import type { Analysis, NonFinite, OutputResult, TapResult } from './result.ts';
import { withRoundedWeights } from './rounded-weights.ts';
import { rowsOf } from './rows.ts';
import { Run } from './run.ts';
import { type Step, steps } from './steps.ts';
import { UncertaintyMeasurement } from './uncertainty.ts';

/** An error is flagged where it is less than this many times the reference's own uncertainty. */
const FLAG_FACTOR = 100;

/**
 * How wrong the decoder is under a policy, tap by tap.
 * @param tokens one array a sequence; shorter ones are padded to the longest
 * @throws InputError where the policy, an option or a token is wrong, or a sequence is longer than the model's positions
 */
export async function analyze(
  model: DecoderSource,
  tokens: readonly (readonly number[])[],
  options: AnalyzeOptions = {},
): Promise<Analysis> {
  checkOptions(options);
  const { onTap, onRows } = options;
  const [taps, rows] = [new Deliveries(), new Deliveries()];
  const once = { ...options, ...(onTap && { onTap: taps.once(onTap) }), ...(onRows && { onRows: rows.once(onRows) }) };
  return untilDecided(() => {
    taps.begin();
    rows.begin();
    return attempt(model, tokens, once);
  });
}

async function attempt(
  model: DecoderSource,
  tokens: readonly (readonly number[])[],
  options: AnalyzeOptions,
): Promise<Analysis> {
  const { config } = model;
  const policy = policyFor(model, options.policy);
  const specOf = policy.specFor;
  const reference = parseReference(options.reference ?? 'float64');
  const weights = options.weights ?? 'original';
  const reported = reportedTaps(siteNames(config), options.taps);
  const batch = checkedBatch(config, tokens, options);

  const exactModel = weights === 'rounded' ? withRoundedWeights(model, specOf) : model;
  const progress = progressOf(model, options);
  const ownTokens = tokens[0].slice(0, options.uncertaintyTokens);
  const uncertainty = new UncertaintyMeasurement(model, ownTokens, reference, referenceOf(options));
  const diagnostics = await diagnosticsCollector(model, batch, specOf, options);
  const comparison = new Comparison(new DecoderProgram(config, batch), specOf, reference, options, diagnostics);
  const tiers = options.tiers === true ? await comparison.measureTiers() : undefined;
  const exactSteps = exactModel === model ? undefined : steps(exactModel);
  progress('embed');
  for await (const step of steps(model)) {
    const exactStep: Step = exactSteps === undefined ? step : (await exactSteps.next()).value;
    await uncertainty.step(exactStep);
    await comparison.step(step, exactStep);
    diagnostics?.endStep(exactStep.half, exactStep.layer);
    progress(comparison.taps.at(-1)?.tap ?? '');
    await options.pause?.();
  }

  const found = diagnostics?.finish(comparison.taps);
  const flagLimit = FLAG_FACTOR * uncertainty.value;
  return {
    schema: 'ulpwise.analysis/1',
    model: {
      family: config.family,
      layers: config.layers,
      width: config.width,
      heads: config.heads,
      kvHeads: config.kvHeads,
      parameters: model.parameters,
      source: model.description,
    },
    policy: policy.text,
    reference: {
      arithmetic: reference,
      uncertainty: uncertainty.value,
      against: uncertainty.against,
      sampledTokens: uncertainty.sampledTokens,
      sampledOf: tokens.reduce((count, sequence) => count + sequence.length, 0),
    },
    weights,
    pad: batch.pad,
    tokens,
    taps: comparison.taps
      .filter(({ tap }) => reported.has(tap))
      .map((result) => ({ ...result, flagged: result.relFrobenius <= flagLimit })),
    firstNonFinite: comparison.firstNonFinite,
    output: comparison.output as OutputResult,
    roundingSeeds: roundingSeeds(model, policy),
    ...(found && asksForDiagnostics(options) && { diagnostics: found }),
    ...(tiers && { tiers: tiers.result(found?.layers ?? []) }),
  };
}

function asksForDiagnostics({ diagnostics, formulas = [] }: AnalyzeOptions): boolean {
  return diagnostics === true || formulas.length > 0;
}

/** What makes the reference of an open backend that has one. */
function referenceOf({ backend }: AnalyzeOptions): MakeReference | undefined {
  return typeof backend === 'object' && backend.reference !== undefined ? () => backend.reference!() : undefined;
}

/** For what was asked for, and for the tiers' predictors. Loaded where it is needed: the formulas' parser takes longer to load than all the rest. */
async function diagnosticsCollector(
  { config }: DecoderSource,
  batch: Batch,
  specOf: SpecOf,
  options: AnalyzeOptions,
): Promise<DiagnosticsCollector | undefined> {
  if (!asksForDiagnostics(options) && options.tiers !== true) return undefined;
  const { formulas = [] } = options;
  const { DiagnosticsCollector } = await import('./diagnostics/collector.ts');
  const parsed = formulas.length === 0 ? [] : (await import('./diagnostics/formulas.ts')).parseFormulas(formulas);
  return new DiagnosticsCollector(config, batch, specOf, parsed);
}

/** The policy of a text for this model's sites. */
export function policyFor(model: DecoderSource, text = 'bf16'): Policy {
  return parsePolicy(text, siteNames(model.config));
}

/** The seeds of the sites that round stochastically, ascending, each once; none where no site does. */
export function roundingSeeds(model: DecoderSource, policy: Policy): number[] {
  const specs = siteNames(model.config).map(policy.specFor);
  const seeds = specs.filter(({ mode }) => mode === 'stochastic').map(({ seed }) => seed);
  return [...new Set(seeds)].sort((a, b) => a - b);
}

/** F32 where every site's format fits in float32: the type that a dump of the computed taps has. */
export function dumpType(model: DecoderSource, policy: Policy): 'F32' | 'F64' {
  return siteNames(model.config).every((site) => fitsFloat32(policy.specFor(site).out)) ? 'F32' : 'F64';
}

type Unflagged = Omit<TapResult, 'flagged'>;

/** Both runs side by side, and what was found at their taps. */
class Comparison {
  readonly taps: Unflagged[] = [];
  firstNonFinite: NonFinite | null = null;
  output: OutputResult | undefined;
  /** A caller who looks at tensors may keep them. */
  private readonly releasesComputed: boolean;
  private readonly releasesReference: boolean;
  private readonly computed: Run<unknown>;
  private readonly reference: Run<unknown>;
  private readonly batch: Batch;
  private readonly options: AnalyzeOptions;
  /** Whether the reference's numbers are float64's, so that differences are formed there. */
  private readonly subtracts: boolean;
  private readonly diagnostics: DiagnosticsCollector | undefined;
  private readonly makeComputed: () => SoftfloatArithmetic;
  private readonly specOf: SpecOf;
  private tiers: TierMeasurement | undefined;

  constructor(
    program: DecoderProgram,
    specOf: SpecOf,
    reference: ReferenceName,
    options: AnalyzeOptions,
    diagnostics: DiagnosticsCollector | undefined,
  ) {
    const { backend, onTap } = options;
    this.makeComputed = () => new (backend === 'scalar' ? SoftfloatArithmetic : CpuArithmetic)('softfloat', specOf);
    this.specOf = specOf;
    this.releasesComputed = onTap === undefined;
    // The diagnostics of a layer are made of its taps together.
    this.releasesReference = onTap === undefined && diagnostics === undefined;
    this.computed = new Run<unknown>(program, computedArithmetic(backend, specOf), this.releasesComputed);
    this.reference = new Run(program, referenceArithmetic(reference, referenceOf(options)), this.releasesReference);
    this.batch = program.batch;
    this.options = options;
    this.subtracts = reference === 'float64' || reference === 'double-float';
    this.diagnostics = diagnostics;
  }

  /** Loads what measures tiers only where it is asked for. */
  async measureTiers(): Promise<TierMeasurement> {
    const { TierMeasurement } = await import('./depth/tiers.ts');
    this.tiers = new TierMeasurement(this.computed, this.reference, this.makeComputed, this.specOf);
    return this.tiers;
  }

  async step(step: Step, exactStep: Step): Promise<void> {
    const { computed, reference, tiers } = this;
    const R = reference.arithmetic;
    await tiers?.begin();
    // F(x̂): the reference's half block, from what the policy computed before it.
    const fromComputed =
      step.half && reference.resultFrom(R.lift(await computed.arithmetic.lower(computed.stream)), exactStep);
    const computedTaps = computed.step(step);
    const exactTaps = reference.step(exactStep);
    for (const [i, { tap, value: exact }] of exactTaps.entries()) {
      const rounded = await computed.arithmetic.lower(computedTaps[i].value);
      await this.compare(tap, rounded, exact, tap === step.half?.name ? fromComputed : undefined);
    }
    await tiers?.end(exactStep, fromComputed);
    if (this.releasesComputed) computed.release(computedTaps.map(({ value }) => value));
    if (!this.releasesReference) return;
    reference.release([...exactTaps.map(({ value }) => value), ...(fromComputed === undefined ? [] : [fromComputed])]);
  }

  private async compare(tap: string, computed: Tensor, exact: unknown, fromComputed: unknown): Promise<void> {
    const R = this.reference.arithmetic;
    const subtract = async (a: unknown, b: unknown): Promise<Tensor> => R.lower(R.subtract(tap, a, b));
    const lifted = this.subtracts && fromComputed === undefined ? undefined : R.lift(computed);
    const reference = await R.lower(exact);
    this.diagnostics?.tap(tap, reference);
    // The float64 subtraction, without an array of its results.
    const difference = this.subtracts
      ? { computed: computed.data }
      : { difference: (await subtract(lifted, exact)).data };
    const rows = rowsOf(tap, computed.shape, this.batch);
    const { rowErrors, referenceNorm, ...errors } = errorsOf(difference, reference.data, rows);
    const relative = (d: Tensor): number => ratio(norm2(d.data, rows), referenceNorm);
    // Where an entry is not finite, its difference is not.
    const nonFinite = nonFiniteEntries(
      computed.data,
      rows.filter((_, i) => !Number.isFinite(rowErrors[i].absLinf)),
    );
    if (nonFinite.first !== undefined && this.firstNonFinite === null) {
      const { row, at } = nonFinite.first;
      this.firstNonFinite = {
        tap,
        value: computed.data[at],
        sequence: row.sequence,
        token: row.token,
        index: [...row.index, at - row.start + row.firstColumn],
      };
    }
    const layer = layerOf(tap);
    this.taps.push({
      tap,
      layer,
      shape: computed.shape,
      ...errors,
      added: fromComputed === undefined ? null : relative(await subtract(lifted, fromComputed)),
      inherited: fromComputed === undefined ? null : relative(await subtract(fromComputed, exact)),
      minRowNorm: rowErrors.reduce(
        (least, { referenceNorm }) => Math.min(least, referenceNorm),
        Number.POSITIVE_INFINITY,
      ),
      nonFinite: nonFinite.count,
    });
    await this.options.onTap?.({ tap, computed, reference });
    await this.options.onRows?.(
      rows.map(({ index, sequence, token }, i) => ({ tap, layer, row: index, sequence, token, ...rowErrors[i] })),
    );
    if (tap === 'logits') {
      const vocabulary = computed.shape[computed.shape.length - 1];
      this.output = measureOutput(reference.data, computed.data, vocabulary, this.batch);
    }
  }
}

/** @throws InputError where a pattern matches no tap */
export function reportedTaps(names: readonly string[], patterns: readonly string[] | undefined): Set<string> {
  if (patterns === undefined) return new Set(names);
  return new Set(
    patterns.flatMap((pattern) => {
      const matched = names.filter(patternTest(pattern));
      if (matched.length === 0) {
        throw new InputError(
          `taps: expected a pattern that matches a tap, got '${pattern}'; see ulpwise analyze --help`,
        );
      }
      return matched;
    }),
  );
}

/**
 * Reports steps, called before the first and after each; `what` is the last tap, or the first one. A step with tiers takes
 * one part more for each local error that it carries on.
 */
function progressOf(model: DecoderSource, { onProgress, tiers }: AnalyzeOptions): (what: string) => void {
  const stepsInAll = 2 * model.config.layers + 2;
  const partsOf = (count: number): number => count + (tiers === true ? (count * (count - 1)) / 2 : 0);
  let ended = -1;
  return (what) => {
    ended++;
    onProgress?.({ done: partsOf(ended), total: partsOf(stepsInAll), what });
  };
}
