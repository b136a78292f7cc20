/** What an experiment's run was: enough to run it again, and to know another one from it. */
import type { DeviceProbe } from '../backends/webgpu/probe.ts';
import { InputError } from '../formats/index.ts';
import { deviceRecord } from './device.ts';
import { type Json, jsonText } from './json.ts';

export interface RunManifest {
  readonly experiment: string;
  /** Version of ulpwise. */
  readonly version: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly cells: number;
  /** What computed, where it was not the CPU's kernels. */
  readonly backend?: 'scalar' | DeviceProbe | undefined;
}

const SCHEMA = 'ulpwise.run/1';

export function runManifestJson({ experiment, version, parameters, cells, backend }: RunManifest): string {
  return jsonText({
    ...{ schema: SCHEMA, ulpwise: version, experiment, cells, parameters: parameters as Json },
    ...(backend === 'scalar' && { backend }),
    ...(typeof backend === 'object' && { backend: 'webgpu', device: deviceRecord(backend) }),
  });
}

/** @throws InputError where the text is no manifest of a run */
export function parseRunManifest(where: string, text: string): RunManifest {
  try {
    const { schema, ulpwise, experiment, cells, parameters } = JSON.parse(text);
    if (schema === SCHEMA && typeof experiment === 'string' && Number.isInteger(cells)) {
      return { experiment, version: String(ulpwise), parameters, cells };
    }
  } catch {
    // Not JSON at all: said below.
  }
  throw new InputError(`${where}: expected a manifest of the schema ${SCHEMA}, got something else; run it anew`);
}
