import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/run-cli.ts';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ulpwise verify', () => {
  it('writes JSON in the documented form, and prints a table', async () => {
    const path = join(folder, 'verify.json');
    const { code, out } = await run(['verify', 'dotSeq', '--cases', '200', '--seed', '3', '--json', path]);
    expect(code).toBe(0);
    expect(out).toContain('- exceeded: none\n');
    expect(out).toMatch(/^\| dotSeq +\| rigorous +\| +200 \|/m);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    expect(json).toMatchObject({ schema: 'ulpwise.verify/1', seed: 3, casesOfEach: 200 });
    const [bound] = json.bounds;
    expect(bound).toMatchObject({ id: 'dotSeq', kind: 'rigorous', cases: 200, violations: 0, counterexample: null });
    expect(bound.notValid).toBeGreaterThanOrEqual(0);
    expect(bound.maxRatio).toBe(bound.worst.ratio);
    expect(bound.medianRatio).toBeLessThan(bound.maxRatio);
    const keys = ['format', 'mode', 'subnormals', 'order', 'arrays', 'scalars'];
    expect(Object.keys(bound.worst.case).filter((key) => key !== 'seed')).toEqual(keys);
    const cases = Object.values(bound.formats as Record<string, { cases: number }>);
    expect(cases.reduce((sum, format) => sum + format.cases, 0)).toBe(200);
    expect(existsSync(`${path}.progress`)).toBe(false);
  });
  it('prints the same JSON, other numbers for another seed, and lines of formats', async () => {
    const words = (seed: number) => ['verify', 'softmaxTV', '--cases', '60', '--seed', String(seed), '--json', '-'];
    const { out } = await run(words(3));
    expect((await run(words(3))).out).toBe(out);
    expect((await run(words(4))).out).not.toBe(out);
    const table = (await run(['verify', 'softmaxTV', '--cases', '60', '--formats', '--table', 'csv'])).out;
    const lines = table.trimEnd().split(/\r?\n/);
    expect(lines[0]).toBe('id,format,cases,violations,maxRatio,medianRatio');
    expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3']);
  });
  it('takes nothing from a journal of other cases, or from half a line of it', async () => {
    const words = (path: string) => ['verify', 'thetaOp', '--cases', '30', '--json', path];
    const [clean, resumed] = [join(folder, 'clean.json'), join(folder, 'resumed.json')];
    await run(words(clean));
    const other = { bound: 'thetaOp', unit: 0, cases: 30, seed: 9, formats: {} };
    writeFileSync(`${resumed}.progress`, `${JSON.stringify(other)}\nnull\n7\n{"bound":"thetaOp","unit":0,"ca`);
    const { code, err } = await run(words(resumed));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readFileSync(resumed, 'utf8')).toBe(readFileSync(clean, 'utf8'));
  });
  it.each([
    [['--cases', '0'], /--cases/],
    [['--seed', '-1'], /--seed/],
    [['--json', 'no/such/folder/file.json'], /--json/],
    [['--table', 'pdf'], /--table/],
  ])('refuses %s with exit code 2', async (words, expected) => {
    const { code, err } = await run(['verify', 'dotSeq', ...words]);
    expect(code).toBe(2);
    expect(err).toMatch(expected);
  });
});

describe('ulpwise verify as a process', () => {
  const bounds = ['dotSeq', 'residAdds'];
  const words = (path: string) => ['verify', ...bounds, '--cases', '2000', '--seed', '3', '--json', path];
  const env = (threads: number) => ({ ...process.env, ULPWISE_THREADS: String(threads) });
  const whole = (path: string, threads: number): string => {
    const { status, stdout } = spawnSync(process.execPath, [main, ...words(path)], {
      encoding: 'utf8',
      env: env(threads),
    });
    expect(status).toBe(0);
    return stdout;
  };

  it('has the same bytes on one and two threads, and killed in the middle, too', async () => {
    const [one, two, killed] = ['one.json', 'two.json', 'killed.json'].map((name) => join(folder, name));
    const printed = whole(one, 1);
    const text = readFileSync(one, 'utf8');
    expect(whole(two, 2)).toBe(printed);
    expect(readFileSync(two, 'utf8')).toBe(text);

    const child = spawn(process.execPath, [main, ...words(killed)], { stdio: 'ignore', env: env(2) });
    const ended = new Promise((resume) => child.on('exit', resume));
    const units = (): number =>
      existsSync(`${killed}.progress`) ? readFileSync(`${killed}.progress`, 'utf8').split('\n').length - 1 : 0;
    while (units() < 2) await new Promise((resume) => setTimeout(resume, 5));
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(killed), 'it was killed before its end').toBe(false);
    expect(units()).toBeGreaterThanOrEqual(2);
    expect(whole(killed, 2)).toBe(printed);
    expect(readFileSync(killed, 'utf8')).toBe(text);
    expect(existsSync(`${killed}.progress`)).toBe(false);
  }, 240_000);
});
