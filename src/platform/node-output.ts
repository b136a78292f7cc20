/** Files that are whole or not there: written under a temporary name beside the place, then renamed. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../formats/index.ts';

const open = new Set<string>();

/** Removes what is half written, for a process that is told to end. */
export function removeUnfinished(): void {
  for (const path of open) rmSync(path, { force: true });
  open.clear();
}

function refused(where: string, error: unknown): InputError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new InputError(`${where}: expected a place to write to, got ${code}; check the folder and its permissions`);
}

/**
 * Where a file would really be written: behind a symbolic link, its target. A rename would replace anything, so
 * devices, pipes and folders are refused.
 */
function targetOf(where: string, path: string): string {
  if (path === '') throw new InputError(`${where}: expected the name of a file, got an empty one`);
  let status: Stats | undefined;
  try {
    status = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw refused(`${where}: ${path}`, error);
  }
  if (status === undefined || status.isFile()) return path;
  if (status.isSymbolicLink()) {
    try {
      return targetOf(where, realpathSync(path));
    } catch (error) {
      throw error instanceof InputError
        ? error
        : new InputError(`${where}: expected a file, got a link to nothing at '${path}'`);
    }
  }
  const kind = status.isDirectory() ? 'the folder' : 'a device or a pipe at';
  throw new InputError(`${where}: expected a file, got ${kind} '${path}'`);
}

/** A file under way. */
export interface AtomicFile {
  write(bytes: Uint8Array): void;
  /** Puts the file in its place. */
  commit(): void;
  /** Leaves nothing behind; does nothing after `commit`. */
  abort(): void;
}

/**
 * Opens a file for writing. What stands at the path stays as it is until `commit`, and keeps its permissions.
 * @param where what asked for it, such as an option: the beginning of every message
 * @throws InputError where the file cannot be written, or is a folder, a device or a pipe
 */
export function atomicFile(where: string, path: string): AtomicFile {
  const target = targetOf(where, path);
  const folder = dirname(target);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new InputError(`${where}: expected a file in an existing folder, got '${path}'; make ${folder} first`);
  }
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw refused(`${where}: ${path}`, error);
    }
  };
  const temporary = join(folder, `.${basename(target)}.${process.pid}.partial`);
  const mode = statSync(target, { throwIfNoEntry: false })?.mode;
  let handle: number | undefined = attempt(() => openSync(temporary, 'w'));
  open.add(temporary);
  const close = (): void => {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  };
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += attempt(() => writeSync(handle as number, bytes, done, bytes.length - done));
      }
    },
    commit() {
      attempt(() => fsyncSync(handle as number));
      close();
      attempt(() => {
        if (mode !== undefined) chmodSync(temporary, mode);
        renameSync(temporary, target);
      });
      open.delete(temporary);
    },
    abort() {
      if (!open.delete(temporary)) return;
      close();
      rmSync(temporary, { force: true });
    },
  };
}

/**
 * Writes files into a folder, all of them or none.
 * @throws InputError where one cannot be written
 */
export function writeFilesAtomically(where: string, folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  const opened: AtomicFile[] = [];
  try {
    for (const [name, bytes] of files) {
      const file = atomicFile(where, join(folder, name));
      opened.push(file);
      file.write(bytes);
    }
    for (const file of opened) file.commit();
  } finally {
    for (const file of opened) file.abort();
  }
}

/**
 * Makes a folder and what leads to it.
 * @returns a function that takes away again what was made, as far as it is empty
 * @throws InputError where it cannot be
 */
export function makeFolder(where: string, path: string): () => void {
  if (path === '') throw new InputError(`${where}: expected the name of a folder, got an empty one`);
  const missing: string[] = [];
  const made: string[] = [];
  const undo = (): void => {
    try {
      while (made.length > 0) rmdirSync(made.pop() as string);
    } catch {
      // Something else was put there meanwhile: it stays.
    }
  };
  try {
    // One level at a time: a recursive mkdir does not end on some file systems.
    for (let at = resolve(path); statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) {
      missing.unshift(at);
    }
    for (const folder of missing) {
      mkdirSync(folder);
      made.push(folder);
    }
    if (!statSync(path).isDirectory()) throw new InputError(`${where}: expected a folder, got a file at '${path}'`);
  } catch (error) {
    undo();
    throw error instanceof InputError ? error : refused(`${where}: ${path}`, error);
  }
  return undo;
}
