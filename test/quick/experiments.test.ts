/** Every experiment's quick run from the command line, in processes of its own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { experiments } from '../../src/experiments/index.ts';
import { parametersOf } from '../../src/experiments/parameters.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
let folder: string;
beforeAll(async () => {
  if (!existsSync(main)) throw new Error(`expected ${main}; npm run build first`);
  folder = await mkdtemp(join(tmpdir(), 'ulpwise-quick-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(experiments.map(({ id }) => id))('ulpwise run %s --quick', async (id) => {
  const out = join(folder, id);
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'run', id, '--quick', '--out', out]);
  const experiment = experiments.find((candidate) => candidate.id === id) as (typeof experiments)[number];
  const parameters = parametersOf(experiment, [], true);
  expect(stdout).toContain(`# ${experiment.title}`);
  expect((await readdir(join(out, 'cells'))).length).toBe(experiment.cells(parameters).length);
  const figures = await readdir(join(out, 'figures'));
  expect(figures.filter((name) => name.endsWith('.png')).length).toBeGreaterThan(0);
  for (const name of figures.filter((file) => file.endsWith('.svg'))) {
    expect(await readFile(join(out, 'figures', name), 'utf8')).toContain('<path');
  }
  const tables = await readdir(join(out, 'tables'));
  expect(tables.length).toBeGreaterThan(0);
  // A title, a head, a rule and rows.
  for (const name of tables) {
    const lines = (await readFile(join(out, 'tables', name), 'utf8')).split('\n').filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(3);
  }
});
