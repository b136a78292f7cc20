/** The built command as a process of its own: signals, pipes, exit codes. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../dist/cli/main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the command as a process', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it between two steps, with nothing half written', async (signal, code) => {
    const place = mkdtempSync(join(folder, 'signal-'));
    const words = ['analyze', '--length', '128', '--layers', '40', '--dump', join(place, 'dump')];
    const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
    const ended = new Promise<number | null>((resume) => child.on('exit', resume));
    // As soon as the run has begun to write.
    while (readdirSync(place).length === 0) await new Promise((resume) => setTimeout(resume, 20));
    child.kill(signal);
    expect(await ended).toBe(code);
    expect(readdirSync(place)).toEqual([]);
  });
  it('a reader that has seen enough is no error', () => {
    const command = `"${process.execPath}" "${main}" analyze --layers 1 --width 8 --length 4 --taps '*' | head -1`;
    const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', command], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^- model: random/);
  });
  it('wrong input is one line on stderr and exit code 2', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, 'analyze', '--policy', 'bf17'], {
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    expect(stderr).toMatch(/^ulpwise: policy: [^\n]*\n$/);
  });
  it('stochastic rounding has the same bytes on any number of threads, and others with another seed', () => {
    const run = (threads: number, seed: number): { taps: Buffer; json: string } => {
      const taps = join(folder, `${threads}-${seed}.safetensors`);
      const policy = `bf16; mode=stochastic, seed=${seed}; *.probs: accumulate=fp32, order=pairwise`;
      const shape = ['--style', 'llama', '--layers', '1', '--width', '32', '--length', '24', '--vocabulary', '64'];
      const words = ['analyze', ...shape, '--policy', policy, '--json', '-', '--dump', taps];
      const env = { ...process.env, ULPWISE_THREADS: String(threads) };
      const { stdout, status } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', env });
      expect(status).toBe(0);
      return { taps: readFileSync(taps), json: stdout };
    };
    const one = run(1, 7);
    expect(JSON.parse(one.json).roundingSeeds).toEqual([7]);
    for (const threads of [2, 5]) expect(run(threads, 7)).toEqual(one);
    expect(run(1, 8).taps.equals(one.taps)).toBe(false);
  });
});
