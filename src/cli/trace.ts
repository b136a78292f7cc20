/** `ulpwise trace`: a run's taps in a file, each in its own format, or what can be said of them in JSON. */
import { policyFor, roundingSeeds } from '../analysis/analyze.ts';
import { type PlannedTap, planRecording, type Recording } from '../analysis/traces/record.ts';
import { type TapStatistics, tapStatistics } from '../analysis/traces/statistics.ts';
import { type Format, fitsFloat32, formats } from '../formats/index.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { siteNames } from '../model/program/taps.ts';
import { atomicFile } from '../platform/node-output.ts';
import type { SafetensorsEntry, WrittenDtype } from '../report/safetensors-writer.ts';
import { statisticsJson } from '../report/trace-json.ts';
import { analyzeBackend, type BackendChoice, type ChosenBackend, chooseBackend, gpuRefusal } from './backends.ts';
import { dumpTo } from './dump.ts';
import { chooseModel, chooseTokens, type DecoderOptions, type TokenOptions } from './input.ts';
import type { Io } from './io.ts';
import { progressLine } from './progress.ts';
import { version } from './version.ts';

export interface TraceCommandOptions extends TokenOptions, DecoderOptions {
  readonly policy: string;
  readonly pad: 'left' | 'right';
  readonly padToken?: number;
  readonly taps?: string[];
  readonly backend: BackendChoice;
  readonly out: string;
  readonly stats?: boolean;
}

/** @throws InputError where an option, the checkpoint or the tokens are wrong; nothing is then left behind */
export async function runTrace(checkpoint: string | undefined, options: TraceCommandOptions, io: Io): Promise<void> {
  const model = await chooseModel(checkpoint, options);
  const tokens = chooseTokens(model, options);
  const { policy, pad, padToken, taps } = options;
  const progress = progressLine(io);
  let chosen: ChosenBackend | undefined;
  try {
    const refusal = gpuRefusal(policyFor(model, policy), siteNames(model.config));
    chosen = await chooseBackend(options.backend, refusal, io.stderr);
    const recording = planRecording(model, tokens, {
      ...{ policy, pad, padToken, taps },
      backend: analyzeBackend(chosen),
      onProgress: progress.report,
      pause: io.pause,
    });
    const about = metadataOf(model, recording, tokens);
    await (options.stats === true ? writeStatistics : writeTaps)(options.out, recording, about);
  } finally {
    progress.clear();
    chosen?.gpu?.close();
  }
  io.stdout(`${options.out}\n`);
}

/** The texts of the file, in a fixed order. */
function metadataOf(
  model: DecoderSource,
  { policy, batch }: Recording,
  tokens: readonly (readonly number[])[],
): Readonly<Record<string, string>> {
  const seeds = roundingSeeds(model, policy);
  return {
    producer: `ulpwise ${version}`,
    policy: policy.text,
    tokens: JSON.stringify(tokens),
    spans: JSON.stringify(batch.spans.map(({ start, end }) => [start, end])),
    ...(seeds.length > 0 && { roundingSeeds: seeds.join(',') }),
  };
}

const OWN: readonly (readonly [Format, WrittenDtype])[] = [
  [formats.fp64, 'F64'],
  [formats.fp32, 'F32'],
  [formats.fp16, 'F16'],
  [formats.bf16, 'BF16'],
];

/** The format's own type, else the narrowest of F32 and F64 that holds its numbers. */
function entryOf({ name, shape, format }: PlannedTap): SafetensorsEntry {
  const own = OWN.find(([candidate]) => candidate === format)?.[1];
  return { name, shape, dtype: own ?? (fitsFloat32(format) ? 'F32' : 'F64') };
}

async function writeTaps(path: string, recording: Recording, about: Readonly<Record<string, string>>): Promise<void> {
  const others = recording.taps.filter(({ format }) => !OWN.some(([own]) => own === format));
  const declared = Object.fromEntries(others.map(({ name, format }) => [name, format.name]));
  const dump = dumpTo('--out', path, recording.taps.map(entryOf), {
    ...about,
    ...(others.length > 0 && { formats: JSON.stringify(declared) }),
  });
  try {
    await recording.run((_, tensor) => dump.add(tensor));
    dump.commit();
  } finally {
    dump.abort();
  }
}

async function writeStatistics(
  path: string,
  recording: Recording,
  about: Readonly<Record<string, string>>,
): Promise<void> {
  const file = atomicFile('--out', path);
  try {
    const formatOf = new Map(recording.taps.map(({ name, format }) => [name, format]));
    const found = new Map<string, TapStatistics>();
    await recording.run((name, tensor) => {
      found.set(name, tapStatistics(name, tensor, formatOf.get(name) as Format, recording.batch));
    });
    file.write(new TextEncoder().encode(statisticsJson(about, recording.taps, found)));
    file.commit();
  } finally {
    file.abort();
  }
}
