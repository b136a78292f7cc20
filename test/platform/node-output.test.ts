import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/formats/index.ts';
import { atomicFile, makeFolder, removeUnfinished, writeFilesAtomically } from '../../src/platform/node-output.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  const file = atomicFile('--json', path);
  file.write(bytes(text));
  file.commit();
}

describe('files are whole or not there', () => {
  it('appear at once', () => {
    const file = atomicFile('--json', join(folder, 'x'));
    file.write(bytes('one '));
    expect(existsSync(join(folder, 'x'))).toBe(false);
    file.write(bytes('two'));
    file.commit();
    file.abort();
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('one two');
  });
  it('leave nothing behind when they are given up', () => {
    write(join(folder, 'x'), 'old');
    const file = atomicFile('--json', join(folder, 'x'));
    file.write(bytes('half'));
    file.abort();
    atomicFile('--json', join(folder, 'y')).write(bytes('half'));
    removeUnfinished();
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('old');
  });
  it('go where a link points, and keep the permissions', () => {
    writeFileSync(join(folder, 'real'), 'old');
    chmodSync(join(folder, 'real'), 0o640);
    symlinkSync('real', join(folder, 'link'));
    write(join(folder, 'link'), 'new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
    expect(statSync(join(folder, 'real')).mode & 0o777).toBe(0o640);
  });
  it('never replace a pipe, a folder or a dangling link', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('nowhere', join(folder, 'dangling'));
    expect(() => write(join(folder, 'pipe'), 'x')).toThrow(/--json: expected a file, got a device or a pipe/);
    expect(() => write(join(folder, 'dangling'), 'x')).toThrow(/a link to nothing/);
    expect(() => write(folder, 'x')).toThrow(/got the folder/);
    expect(() => write('', 'x')).toThrow(/--json: expected the name of a file, got an empty one/);
    expect(() => write(join(folder, 'no', 'x'), 'x')).toThrow(/expected a file in an existing folder/);
    expect(lstatSync(join(folder, 'pipe')).isFIFO()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['dangling', 'pipe']);
  });
  it('of a report are there all or none', () => {
    writeFilesAtomically(
      '--report',
      folder,
      new Map([
        ['a', bytes('1')],
        ['b', bytes('2')],
      ]),
    );
    expect(readdirSync(folder)).toEqual(['a', 'b']);
    const files = new Map([
      ['a', bytes('new')],
      ['c/d', bytes('')],
    ]);
    expect(() => writeFilesAtomically('--report', folder, files)).toThrow(InputError);
    expect(readdirSync(folder)).toEqual(['a', 'b']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('1');
  });
});

describe('folders', () => {
  it('are made with what leads to them, and taken away again', () => {
    const undo = makeFolder('--report', join(folder, 'a', 'b'));
    expect(existsSync(join(folder, 'a', 'b'))).toBe(true);
    undo();
    expect(readdirSync(folder)).toEqual([]);
    makeFolder('--report', folder)();
    expect(existsSync(folder)).toBe(true);
  });
  it('are refused inside a file, and under no name', () => {
    write(join(folder, 'file'), '');
    expect(() => makeFolder('--report', join(folder, 'file'))).toThrow(/expected a folder, got a file/);
    expect(() => makeFolder('--report', join(folder, 'file', 'x'))).toThrow(InputError);
    expect(() => makeFolder('--report', '')).toThrow(InputError);
  });
});
