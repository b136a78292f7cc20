/** Files that are whole or not there: written under a temporary name beside the place, then renamed. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../formats/index.ts';

const open = new Set<string>();

/** Removes what is half written, for a process that is told to end. */
export function removeUnfinished(): void {
  for (const path of open) rmSync(path, { force: true });
  open.clear();
}

function refused(path: string, error: unknown): InputError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new InputError(`${path}: expected a place to write to, got ${code}; check the folder and its permissions`);
}

/**
 * A check before long work: that a file could be written there.
 * @throws InputError where the folder is missing, or the path is a folder
 */
export function checkOutputPath(option: string, path: string): void {
  const folder = dirname(path);
  if (!isFolder(folder)) {
    throw new InputError(`${option}: expected a file in an existing folder, got '${path}'; make ${folder} first`);
  }
  if (isFolder(path)) throw new InputError(`${option}: expected a file, got the folder '${path}'`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Makes a folder and what leads to it.
 * @throws InputError where it cannot be
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw refused(path, error);
  }
}

/** A file under way. */
export interface AtomicFile {
  write(bytes: Uint8Array): void;
  /** Puts the file in its place. */
  commit(): void;
  /** Leaves nothing behind; does nothing after `commit`. */
  abort(): void;
}

/** @throws InputError where the file cannot be written */
export function atomicFile(path: string): AtomicFile {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  let handle: number | undefined;
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw refused(path, error);
    }
  };
  const close = (): void => {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  };
  handle = attempt(() => openSync(temporary, 'w'));
  open.add(temporary);
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += attempt(() => writeSync(handle as number, bytes, done, bytes.length - done));
      }
    },
    commit() {
      attempt(() => fsyncSync(handle as number));
      close();
      attempt(() => renameSync(temporary, path));
      open.delete(temporary);
    },
    abort() {
      if (!open.delete(temporary)) return;
      close();
      rmSync(temporary, { force: true });
    },
  };
}

/** @throws InputError where the file cannot be written */
export function writeFileAtomically(path: string, bytes: Uint8Array): void {
  const file = atomicFile(path);
  try {
    file.write(bytes);
    file.commit();
  } finally {
    file.abort();
  }
}
