import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Imports point from later layers to earlier ones only. Platform is apart: what differs between Node and a browser. */
const layers = [
  ...['formats', 'softfloat', 'tensor', 'bounds', 'arithmetic', 'backends', 'model', 'testing'],
  ...['analysis', 'experiments', 'report', 'cli'],
];
/** An estimator never looks at the answer that it bounds. */
const boundsMayImport = ['formats', 'tensor'];
const platformMayImport = ['formats', 'model', 'testing', 'experiments'];
/** What the package exports. */
const entries = ['index.ts', 'web.ts', 'api.ts'];
const mayImportPlatform = ['cli', 'index.ts', 'web.ts'];
const mayImportNode = ['platform', 'cli'];

const src = resolve(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'assembly' ? [] : files(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function layerOf(path: string): string {
  return relative(src, path).split('/')[0];
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]);
}

function allowed(from: string, to: string): boolean {
  if (from === to) return true;
  if (to === 'platform') return mayImportPlatform.includes(from);
  if (entries.includes(from)) return layers.includes(to) || entries.includes(to);
  if (from === 'platform') return platformMayImport.includes(to);
  if (from === 'bounds') return boundsMayImport.includes(to);
  return layers.includes(to) && layers.indexOf(to) < layers.indexOf(from);
}

describe('layers of src', () => {
  it('imports point one way', () => {
    const wrong = files(src).flatMap((path) =>
      importsOf(path)
        .filter((target) => target.startsWith('.'))
        .map((target) => ({ from: layerOf(path), to: layerOf(resolve(dirname(path), target)), path, target }))
        .filter(({ from, to }) => !allowed(from, to))
        .map(({ path, target }) => `${relative(src, path)} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
  it('only platform and cli touch node:*', () => {
    const wrong = files(src)
      .filter((path) => !mayImportNode.includes(layerOf(path)))
      .flatMap((path) =>
        importsOf(path)
          .filter((target) => target.startsWith('node:'))
          .map((target) => `${path}: ${target}`),
      );
    expect(wrong).toEqual([]);
  });
  it('every folder is a layer', () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => name !== 'platform' && !layers.includes(name))).toEqual([]);
  });
  it('no cycles between files', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].map((file) => relative(src, file)).join(' → '));
        return;
      }
      state.set(path, 'open');
      for (const target of importsOf(path).filter((t) => t.startsWith('.') && t.endsWith('.ts'))) {
        visit(resolve(dirname(path), target), [...trail, path]);
      }
      state.set(path, 'done');
    };
    for (const path of files(src).filter((file) => !file.endsWith('.generated.ts'))) visit(path, []);
    expect(cycles).toEqual([]);
  });
});
