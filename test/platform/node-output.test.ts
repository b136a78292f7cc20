import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../src/formats/index.ts';
import {
  atomicFile,
  checkOutputPath,
  makeFolder,
  removeUnfinished,
  writeFileAtomically,
} from '../../src/platform/node-output.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('files are whole or not there', () => {
  it('appear at once', () => {
    const file = atomicFile(join(folder, 'x'));
    file.write(bytes('one '));
    expect(existsSync(join(folder, 'x'))).toBe(false);
    file.write(bytes('two'));
    file.commit();
    file.abort();
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('one two');
  });
  it('leave nothing behind when they are given up', () => {
    writeFileAtomically(join(folder, 'x'), bytes('old'));
    const file = atomicFile(join(folder, 'x'));
    file.write(bytes('half'));
    file.abort();
    const other = atomicFile(join(folder, 'y'));
    other.write(bytes('half'));
    removeUnfinished();
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('old');
  });
  it('refuse places that cannot be written', () => {
    expect(() => atomicFile(join(folder, 'no', 'x'))).toThrow(InputError);
    expect(() => checkOutputPath('--json', join(folder, 'no', 'x'))).toThrow(
      /--json: expected a file in an existing folder/,
    );
    expect(() => checkOutputPath('--json', folder)).toThrow(/got the folder/);
    writeFileAtomically(join(folder, 'file'), bytes(''));
    expect(() => makeFolder(join(folder, 'file', 'x'))).toThrow(InputError);
    makeFolder(join(folder, 'a', 'b'));
    expect(existsSync(join(folder, 'a', 'b'))).toBe(true);
  });
});
