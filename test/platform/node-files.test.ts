import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { InputError } from '../../src/formats/index.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';

const root = mkdtempSync(join(tmpdir(), 'ulpwise-files-'));
const inside = join(root, 'inside');
mkdirSync(join(inside, 'sub'), { recursive: true });
writeFileSync(join(root, 'secret'), 'secret');
writeFileSync(join(inside, 'file'), 'abcdef');
symlinkSync(join(root, 'secret'), join(inside, 'link'));
afterAll(() => rmSync(root, { recursive: true }));

const folder = nodeFolder(inside);

it('reads sizes, parts and hashes', async () => {
  expect(folder.path).toBe(inside);
  expect(await folder.size('file')).toBe(6);
  expect(await folder.size('none')).toBeUndefined();
  expect(new TextDecoder().decode(await folder.read('file', 2, 3))).toBe('cde');
  expect(await folder.read('file', 6, 0)).toHaveLength(0);
  // printf abcdef | sha256sum
  expect(await folder.sha256('file')).toBe('bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721');
});

it('follows symbolic links: the cache of Hugging Face is made of them', async () => {
  expect(await folder.size('link')).toBe(6);
});

it.each(['../secret', '..', '.', '', 'sub/x', 'sub\\x', 'a\0b', 'C:x'])('refuses the name %j', async (name) => {
  await expect(folder.size(name)).rejects.toThrow(InputError);
  await expect(folder.read(name, 0, 1)).rejects.toThrow(/expected the name of a file in this folder/);
  await expect(folder.sha256(name)).rejects.toThrow(InputError);
});

it('refuses to read past the end, what is not there, and more than fits', async () => {
  await expect(folder.read('file', 4, 3)).rejects.toThrow(/expected 3 bytes at 4, got only 2; the file is truncated/);
  await expect(folder.read('none', 0, 1)).rejects.toThrow(/expected a file, got nothing there/);
  await expect(folder.sha256('none')).rejects.toThrow(InputError);
  await expect(folder.read('file', 0, 2 ** 52)).rejects.toThrow(InputError);
});

it('refuses folders, devices and pipes as files', async () => {
  execFileSync('mkfifo', [join(inside, 'pipe')]);
  symlinkSync('/dev/zero', join(inside, 'zero'));
  for (const name of ['sub', 'pipe', 'zero']) {
    await expect(folder.size(name)).rejects.toThrow(/expected a regular file/);
    await expect(folder.read(name, 0, 1)).rejects.toThrow(/expected a regular file/);
  }
});

it('refuses a path that is no folder', () => {
  expect(() => nodeFolder(join(root, 'none'))).toThrow(
    /expected a folder with a checkpoint, got nothing there; check the path/,
  );
  expect(() => nodeFolder(join(inside, 'file'))).toThrow(/got a file; give the folder it lies in/);
  expect(() => nodeFolder('a\0b')).toThrow(InputError);
});
