/** A trace from a path: one file, or every file of a folder that can be one. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type NameMap, parseNameMap } from '../analysis/traces/name-map.ts';
import { isTraceFile, openTrace } from '../analysis/traces/open-trace.ts';
import type { Trace } from '../analysis/traces/trace.ts';
import { InputError } from '../formats/index.ts';
import { readWhole } from '../model/checkpoint/json.ts';
import { nodeFolder } from '../platform/node-files.ts';

const LARGEST_MAP = 4 * 1024 * 1024;

/**
 * @param map the path of a name map
 * @throws InputError where there is nothing, or what is there is no trace; or the name map is none
 */
export async function openTraceAt(path: string, map?: string): Promise<Trace> {
  const names = map === undefined ? undefined : await readNameMap(map);
  if (!isFolder(path)) return openTrace(nodeFolder(dirname(path)), [basename(path)], path, names);
  const files = readdirSync(path).filter(isTraceFile).sort();
  if (files.length > 0) return openTrace(nodeFolder(path), files, path, names);
  throw new InputError(`${path}: expected files that end with .safetensors, .npz or .npy, got a folder without`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new InputError(
      `${path}: expected a trace, got ${code === 'ENOENT' ? 'nothing there' : code}; check the path`,
    );
  }
}

async function readNameMap(path: string): Promise<NameMap> {
  const folder = nodeFolder(dirname(path));
  const bytes = await readWhole(folder, basename(path), LARGEST_MAP);
  if (bytes === undefined) throw new InputError(`${path}: expected a name map in JSON, got nothing there`);
  return parseNameMap(bytes, path);
}
