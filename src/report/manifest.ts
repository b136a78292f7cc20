/** What is needed to run an analysis again and to check that it is the same one. No times: equal commands, equal bytes. */
import type { Analysis } from '../analysis/result.ts';
import type { DeviceProbe } from '../backends/webgpu/probe.ts';
import { deviceRecord } from './device.ts';
import { jsonText } from './json.ts';

export interface ManifestInput {
  readonly analysis: Analysis;
  /** Version of ulpwise. */
  readonly version: string;
  /** Version of Node, as in `v20.20.2`. */
  readonly node: string;
  /** The command's words, as given. */
  readonly command: readonly string[];
  /** Seed of a random decoder and its tokens; null for a checkpoint. */
  readonly seed: number | null;
  /** SHA-256 by file name. */
  readonly files: Readonly<Record<string, string>>;
  readonly unusedTensors: readonly string[];
  /** The device that computed the policy's run, and what its probe showed; undefined where there was none. */
  readonly device?: DeviceProbe | undefined;
}

/** The manifest as JSON, schema `ulpwise.manifest/1`; files are listed by name. */
export function manifestJson(input: ManifestInput): string {
  const { analysis } = input;
  const { model, reference, pad } = analysis;
  const files = Object.entries(input.files).sort(([a], [b]) => (a < b ? -1 : 1));
  return jsonText({
    schema: 'ulpwise.manifest/1',
    ulpwise: input.version,
    node: input.node,
    command: input.command,
    model: { source: model.source, family: model.family, parameters: model.parameters },
    files: files.map(([name, sha256]) => ({ name, sha256 })),
    unusedTensors: input.unusedTensors,
    seed: input.seed,
    policy: analysis.policy,
    roundingSeeds: analysis.roundingSeeds,
    weights: analysis.weights,
    reference: reference.arithmetic,
    pad: pad === null ? null : { side: pad.side, token: pad.token },
    tokens: analysis.tokens,
    ...(input.device && { device: deviceRecord(input.device) }),
  });
}
