/**
 * The folder of an experiment's run: `manifest.json`, and `cells/000000.parquet` … for the cells that are finished. Each
 * file is whole or not there, so that a run may be killed at any moment and gone on with.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../formats/index.ts';
import { atomicFile, makeFolder } from './node-output.ts';

const MANIFEST = 'manifest.json';
const CELLS = 'cells';

export interface RunFolder {
  readonly path: string;
  /** Numbers of the finished cells, ascending. */
  readonly finished: readonly number[];
  add(cell: number, bytes: Uint8Array): void;
  read(cell: number): Uint8Array;
  /** Puts a text or picture beside the data, in a folder of its kind. */
  write(kind: 'tables' | 'figures', name: string, content: string | Uint8Array): void;
}

function cellName(cell: number): string {
  return `${String(cell).padStart(6, '0')}.parquet`;
}

function put(where: string, path: string, content: string | Uint8Array): void {
  const file = atomicFile(where, path);
  try {
    file.write(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    file.commit();
  } finally {
    file.abort();
  }
}

/**
 * Opens the folder of a run, a new one or one with the same manifest.
 * @param where what asked for it: the beginning of every message
 * @throws InputError where the folder holds something else, or cannot be written
 */
export function openRunFolder(where: string, path: string, manifest: string): RunFolder {
  makeFolder(where, path);
  const file = join(path, MANIFEST);
  if (existsSync(file)) {
    const found = readFileSync(file, 'utf8');
    if (found !== manifest) {
      throw new InputError(
        `${where}: expected a new folder or one of the same run, got another run's in '${path}' (${firstDifference(found, manifest)}); choose another folder`,
      );
    }
  } else if (readdirSync(path).some((name) => !name.startsWith('.'))) {
    throw new InputError(`${where}: expected a new folder or one of this run, got other files in '${path}'`);
  } else put(where, file, manifest);
  return folderAt(where, path);
}

/**
 * The folder of a run that is there.
 * @throws InputError where there is none
 */
export function readRunFolder(where: string, path: string): { readonly manifest: string; readonly folder: RunFolder } {
  const file = join(path, MANIFEST);
  if (!existsSync(file)) {
    throw new InputError(`${where}: expected the folder of a run (ulpwise run ID --out ${path}), got no ${file}`);
  }
  return { manifest: readFileSync(file, 'utf8'), folder: folderAt(where, path) };
}

function folderAt(where: string, path: string): RunFolder {
  const cells = join(path, CELLS);
  makeFolder(where, cells);
  const finished = readdirSync(cells)
    .flatMap((name) => (/^\d{6,}\.parquet$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
  return {
    path,
    finished,
    add: (cell, bytes) => put(where, join(cells, cellName(cell)), bytes),
    read: (cell) => new Uint8Array(readFileSync(join(cells, cellName(cell)))),
    write(kind, name, content) {
      makeFolder(where, join(path, kind));
      put(where, join(path, kind, name), content);
    },
  };
}

/** The first line in which two manifests differ, as far as it says something. */
function firstDifference(found: string, expected: string): string {
  const [there, here] = [found.split('\n'), expected.split('\n')];
  const i = here.findIndex((line, at) => line !== there[at]);
  return `there ${there[i]?.trim() ?? 'nothing'}, here ${here[i]?.trim() ?? 'nothing'}`;
}
