/** What the package's entries export, and that the browser's needs nothing of Node. */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesFolder } from '../src/platform/browser-files.ts';

const root = resolve(import.meta.dirname, '..');
const packages = join(root, 'node_modules');

/** Modules that a module imports or exports from, statically or not. Comments and texts of other kinds are not looked at. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const statements = text.matchAll(/^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]/gm);
  const calls = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [...statements, ...calls].map((match) => match[1]);
}

type Target = string | { readonly [condition: string]: Target };

/** As a bundler for browsers resolves conditions. */
function chosen(target: Target): string | undefined {
  if (typeof target === 'string') return target;
  const condition = Object.keys(target).find((name) => ['browser', 'import', 'module', 'default'].includes(name));
  return condition === undefined ? undefined : chosen(target[condition]);
}

/** The file of a package; undefined where it is no module of ECMAScript's. */
function inPackage(specifier: string): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const file = join(packages, name, 'package.json');
  if (!existsSync(file)) return undefined;
  const { exports, module } = JSON.parse(readFileSync(file, 'utf8'));
  const part = `.${specifier.slice(name.length)}`;
  const entry = exports?.[part] ?? (part === '.' && exports !== undefined && !('.' in exports) ? exports : undefined);
  const target = entry === undefined ? (part === '.' ? module : part) : chosen(entry);
  return target === undefined ? undefined : join(packages, name, target);
}

function graphOf(entry: string): { files: Set<string>; bare: Set<string>; ofNode: string[] } {
  const [files, bare, ofNode] = [new Set<string>(), new Set<string>(), [] as string[]];
  const visit = (path: string): void => {
    if (files.has(path) || !existsSync(path)) return;
    files.add(path);
    for (const specifier of importsOf(path)) {
      if (specifier.startsWith('.')) visit(resolve(dirname(path), specifier));
      else if (specifier.startsWith('node:') || builtinModules.includes(specifier))
        ofNode.push(`${relative(root, path)}: ${specifier}`);
      else {
        if (!path.startsWith(packages)) bare.add(specifier);
        const target = inPackage(specifier);
        if (target !== undefined) visit(target);
      }
    }
  };
  visit(entry);
  return { files, bare, ofNode };
}

describe('ulpwise/web', () => {
  const { files, bare, ofNode } = graphOf(join(root, 'dist/web.js'));
  it('imports nothing of Node, in no file that it leads to', () => {
    expect(ofNode).toEqual([]);
    // The walk reaches what is loaded on demand, and the packages.
    const reached = [...files].map((path) => relative(root, path));
    for (const name of ['dist/backends/webgpu/backend.js', 'dist/analysis/depth/tiers.js', 'dist/bounds/index.js']) {
      expect(reached).toContain(name);
    }
    expect(reached.filter((path) => path.startsWith('node_modules/@observablehq/plot/')).length).toBeGreaterThan(50);
    expect(graphOf(join(root, 'dist/index.js')).ofNode.length).toBeGreaterThan(5);
  });
  it('imports these packages, each of which runs in a browser', () => {
    expect([...bare].sort()).toEqual(
      [
        '@huggingface/tokenizers',
        '@observablehq/plot',
        'decimal.js',
        'fflate',
        'linkedom',
        'mathjs',
        'ml-matrix',
        'zod',
      ].sort(),
    );
  });
  it('offers what ulpwise offers, with types', async () => {
    const [web, node] = await Promise.all([import('../src/web.ts'), import('../src/index.ts')]);
    expect(Object.keys(web)).toEqual(expect.arrayContaining(Object.keys(node)));
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const file of Object.values<string>(exports['./web'])) expect(existsSync(join(root, file)), file).toBe(true);
  });
  it('says that there is no WebGPU where there is none', async () => {
    const { InputError, openGpu } = await import('../src/web.ts');
    await expect((async () => openGpu())()).rejects.toThrow(InputError);
  });
});

describe('a trace in a browser', () => {
  it('is opened from bytes, under the names of a map', async () => {
    const { openTrace } = await import('../src/web.ts');
    const { shape, dtype, data } = {
      shape: '(2,)',
      dtype: '<f4',
      data: new Uint8Array(Float32Array.of(1.5, -2).buffer),
    };
    const text = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
    const header = [0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, 118, 0, ...new TextEncoder().encode(`${text}\n`)];
    const map = new TextEncoder().encode('{"taps": {"x": "embed"}}');
    const trace = await openTrace({ 'x.npy': Uint8Array.of(...header, ...data) }, map);
    expect(trace.taps()).toEqual(['embed']);
    expect([...(await trace.read('embed')).values]).toEqual([1.5, -2]);
  });
});

describe('files in a browser', () => {
  const folder = filesFolder({ 'a.bin': Uint8Array.of(1, 2, 3, 4), b: new Blob(['text']) });
  it('are read in parts', async () => {
    expect([await folder.size('a.bin'), await folder.size('b'), await folder.size('c')]).toEqual([4, 4, undefined]);
    expect(await folder.read('a.bin', 1, 2)).toEqual(Uint8Array.of(2, 3));
    // SHA-256 of 'text' (coreutils).
    expect(await folder.sha256('b')).toBe('982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1');
  });
  it('that are missing, too short, or elsewhere are refused', async () => {
    await expect(folder.read('c', 0, 1)).rejects.toThrow('checkpoint/c: expected a file, got nothing there');
    await expect(folder.read('a.bin', 3, 2)).rejects.toThrow('checkpoint/a.bin: expected 2 bytes at 3, got 1;');
    await expect(folder.size('../b')).rejects.toThrow('expected the name of a file in this folder, got "../b"');
  });
});
