import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folder = resolve(root, 'examples');

describe('examples', () => {
  it('import the built package', () => {
    expect(existsSync(resolve(root, 'dist/index.js')), 'npm run build').toBe(true);
  });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js') && !file.endsWith('.test.js'))) {
    const code = readFileSync(resolve(folder, name), 'utf8');
    it(`${name} is at most 15 lines`, () => {
      expect(code.trim().split('\n').length).toBeLessThanOrEqual(15);
    });
    it(`${name} prints what it printed before`, async () => {
      const output = execFileSync(process.execPath, [resolve(folder, name)], { cwd: root, encoding: 'utf8' });
      await expect(output).toMatchFileSnapshot(resolve(import.meta.dirname, `__snapshots__/examples/${name}.txt`));
    });
  }
});
