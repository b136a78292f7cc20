/** `ulpwise run`, `table` and `plot` as processes: resumed, killed, on any number of threads. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-run-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const words = ['run', 'norms', '--set', 'samples=40', '--set', 'width=256', '--set', 'formats=bf16,fp32'];

function ulpwise(...more: string[]) {
  return spawnSync(process.execPath, [main, ...more], { encoding: 'utf8' });
}

/** Every file below a folder, with its bytes; what a killed process left half written is not one of the run's. */
function filesOf(root: string): Record<string, string> {
  const all = (at: string): string[] =>
    readdirSync(at).flatMap((name) =>
      statSync(join(at, name)).isDirectory() ? all(join(at, name)) : [join(at, name)],
    );
  const kept = all(root).filter((path) => !path.endsWith('.partial'));
  return Object.fromEntries(kept.map((path) => [relative(root, path), readFileSync(path).toString('base64')]));
}

describe('a run with a folder', () => {
  it('has the same bytes on one thread and on three, and after fifty kills', { timeout: 240_000 }, async () => {
    const whole = join(folder, 'whole');
    const first = ulpwise(...words, '--threads', '1', '--out', whole);
    expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: '' });
    const three = join(folder, 'three');
    expect(ulpwise(...words, '--threads', '3', '--out', three).stdout).toBe(first.stdout);
    expect(filesOf(three)).toEqual(filesOf(whole));

    // A finished run only reads its cells: shorter than any of those that are killed.
    const start = performance.now();
    ulpwise(...words, '--threads', '2', '--out', three);
    const shortest = performance.now() - start;
    const killed = join(folder, 'killed');
    mkdirSync(killed);
    let kills = 0;
    for (let i = 0; i < 50; i++) {
      const child = spawn(process.execPath, [main, ...words, '--threads', '2', '--out', killed], { stdio: 'ignore' });
      const ended = new Promise<NodeJS.Signals | null>((done) => child.on('exit', (_, signal) => done(signal)));
      setTimeout(() => child.kill('SIGKILL'), shortest * (0.3 + 0.7 * (((i * 137) % 500) / 500)));
      if ((await ended) === 'SIGKILL') kills++;
    }
    expect(kills).toBeGreaterThan(20);
    expect(ulpwise(...words, '--out', killed).stdout).toBe(first.stdout);
    expect(filesOf(killed)).toEqual(filesOf(whole));
  });
  it('makes its tables and figures again', () => {
    const run = join(folder, 'again');
    ulpwise(...words, '--set', 'samples=2', '--out', run);
    const before = filesOf(run);
    rmSync(join(run, 'tables'), { recursive: true });
    rmSync(join(run, 'figures'), { recursive: true });
    expect(ulpwise('table', run).stdout).toContain('| format');
    expect(ulpwise('table', run, '--table', 'latex').stdout).toContain('\\begin{tabular}');
    expect(ulpwise('plot', run).stdout.split('\n')).toContain(`${run}/figures/shift.png`);
    for (const [path, bytes] of Object.entries(before)) expect(filesOf(run)[path], path).toBe(bytes);
  });
  it.each(['1', '2'])('says in one line what is wrong with the input of a cell, on %s threads', (threads) => {
    const missing = join(folder, 'missing');
    const { status, stdout, stderr } = ulpwise(
      'run',
      'padding',
      '--set',
      `checkpoint=${missing}`,
      '--threads',
      threads,
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^ulpwise: [^\n]*missing: expected a folder with a checkpoint[^\n]*\n$/);
  });
  it('refuses the folder of another run, other files, and what is no run', () => {
    const run = join(folder, 'refused');
    const small = [...words.slice(0, 2), '--set', 'samples=1', '--set', 'width=8', '--out', run];
    expect(ulpwise(...small).status).toBe(0);
    const other = ulpwise(...small, '--set', 'seed=2');
    expect(other).toMatchObject({ status: 2, stdout: '' });
    expect(other.stderr).toMatch(
      /^ulpwise: --out: expected a new folder or one of the same run, got [^\n]*seed[^\n]*\n$/,
    );
    const foreign = mkdtempSync(join(folder, 'foreign-'));
    expect(ulpwise('table', foreign)).toMatchObject({ status: 2, stdout: '' });
    writeFileSync(join(foreign, 'thesis.tex'), '');
    expect(ulpwise(...words, '--out', foreign)).toMatchObject({ status: 2, stdout: '' });
    expect(readdirSync(foreign)).toEqual(['thesis.tex']);
    writeFileSync(join(run, 'cells', '000003.parquet'), 'no parquet');
    const broken = ulpwise('table', run);
    expect(broken).toMatchObject({ status: 2, stdout: '' });
    expect(broken.stderr).toMatch(/^ulpwise: [^\n]*cell 3 of norms[^\n]*remove that file[^\n]*\n$/);
  });
});

describe('a run without a folder', () => {
  it('prints its tables and leaves nothing', () => {
    const { stdout, status } = ulpwise(
      'run',
      'softmax',
      '--set',
      'samples=2',
      '--set',
      'formats=bf16',
      '--table',
      'csv',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^format,level,variant,/);
  });
  it('lists experiments and their parameters', () => {
    expect(ulpwise('run', '--list').stdout).toContain('| softmax');
    expect(ulpwise('run', 'softmax', '--list').stdout).toContain('| sinks ');
    expect(ulpwise('run').stderr).toBe(
      'ulpwise: run: expected the id of an experiment; ulpwise run --list shows them\n',
    );
  });
});
