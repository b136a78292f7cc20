import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analysis/analyze.ts';
import { runCli } from '../src/cli/program.ts';
import { randomDecoder } from '../src/model/random/random-decoder.ts';
import { randomTokens } from '../src/model/random/random-tokens.ts';
import { depthFigure } from '../src/report/depth-figure.ts';

const root = resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(resolve(root, name), 'utf8');

describe('README', () => {
  it('shows what npm start prints', async () => {
    expect(JSON.parse(read('package.json')).scripts.start).toBe('node dist/cli/main.js analyze');
    let printed = '';
    const stdout = (text: string): void => {
      printed += text;
    };
    await runCli(['analyze'], {
      stdout,
      stderr: () => {},
      terminal: false,
      columns: 100,
      now: () => 0,
      pause: async () => {},
    });
    expect(read('README.md')).toContain(`\`\`\`\n${printed}\`\`\``);
  });
  it('shows the figure of the same run', async () => {
    const analysis = await analyze(randomDecoder(), randomTokens(1, 1, 128, 512));
    await expect(depthFigure(analysis)).toMatchFileSnapshot(resolve(root, 'docs/default-run.svg'));
  });
  it('links to files that are there', () => {
    for (const name of [
      'README.md',
      'docs/architecture.md',
      'docs/analysis.md',
      'docs/semantics.md',
      'docs/testing.md',
      'docs/traces.md',
      'examples/pytorch/README.md',
      'docs/webgpu.md',
      'docs/results/exhaustive.md',
      'CHANGELOG.md',
    ]) {
      for (const [, target] of read(name).matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        expect(existsSync(resolve(root, name, '..', target)), `${name}: ${target}`).toBe(true);
      }
    }
  });
});

describe('package.json', () => {
  const { dependencies, devDependencies, bin, exports, engines } = JSON.parse(read('package.json'));
  it('pins exact versions', () => {
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
  it('names files that the build makes', () => {
    expect(bin).toEqual({ ulpwise: 'dist/cli/main.js' });
    expect(read(exports['.'].default)).toContain('analyze');
    expect(read(exports['./testing'].default)).toContain('arbitraries');
    for (const { types } of [exports['.'], exports['./testing']]) expect(read(types)).toContain('export');
    expect(engines.node).toBe('>=20.19');
  });
});
