/** Processes whose GPU fails, or is opened again and again: one clear error, the right exit code, what is finished kept. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gpu, needsGpu } from '../../support/gpu.ts';

const root = resolve(import.meta.dirname, '../../..');
const main = join(root, 'dist/cli/main.js');
const processes = join(root, 'test/support/processes');
const folder = mkdtempSync(join(tmpdir(), 'ulpwise-gpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A command whose GPU is lost after so many batches of work, or when a file is there. */
function losing(after: number | string, words: readonly string[]) {
  return spawnSync(process.execPath, ['--import', join(processes, 'lose-gpu.js'), main, ...words], {
    encoding: 'utf8',
    env: {
      ...process.env,
      ...(typeof after === 'string' ? { ULPWISE_TEST_LOSE_WHEN: after } : { ULPWISE_TEST_LOSE_AFTER: String(after) }),
    },
  });
}
const ulpwise = (words: readonly string[]) => spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });

const LOST = /^ulpwise: webgpu: the device was lost: [^\n]*\n$/;

describe.skipIf(gpu === undefined)(needsGpu('a GPU that is lost'), () => {
  const words = ['analyze', '--layers', '1', '--width', '8', '--heads', '2', '--length', '3', '--vocabulary', '16'];
  it.each([
    ['at opening', 0],
    ['while it is measured', 1],
    ['at the first tap', 3],
    ['in mid-run', 12],
  ])('%s ends analyze with exit code 1, one line, and nothing half written', (_, after) => {
    const place = mkdtempSync(join(folder, 'lost-'));
    const outputs = ['--dump', join(place, 'dump'), '--report', join(place, 'report')];
    const { status, stdout, stderr } = losing(after, [...words, '--backend', 'webgpu', ...outputs]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(LOST);
    expect(readdirSync(place)).toEqual([]);
  });

  it('leaves the finished cells of a run, from which it goes on to what an undisturbed run gives', () => {
    const place = join(folder, 'run');
    const small = ['samples=2', 'layers=1', 'width=8', 'heads=2', 'tokens=3', 'gains=1', 'formats=bf16'];
    const run = ['run', 'attention-precision', ...small.flatMap((text) => ['--set', text])];
    const onGpu = [...run, '--backend', 'webgpu', '--out', place];
    // In the second of two cells.
    const { status, stdout, stderr } = losing(join(place, 'cells/000000.parquet'), onGpu);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(LOST);
    expect(readdirSync(join(place, 'cells'))).toEqual(['000000.parquet']);
    const kept = readFileSync(join(place, 'cells/000000.parquet'));

    const whole = ulpwise(onGpu);
    expect({ status: whole.status, stderr: whole.stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(place, 'cells/000000.parquet')).equals(kept)).toBe(true);
    const manifest = JSON.parse(readFileSync(join(place, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ backend: 'webgpu', device: { name: gpu?.description } });
    expect(manifest.device.findings.length).toBeGreaterThan(10);
    const onCpu = ulpwise([...run, '--out', join(folder, 'cpu')]);
    expect(whole.stdout).toBe(onCpu.stdout);
    for (const name of readdirSync(join(place, 'cells'))) {
      const [a, b] = [place, join(folder, 'cpu')].map((at) => readFileSync(join(at, 'cells', name)));
      expect(a.equals(b), name).toBe(true);
    }
  });
});

describe.skipIf(gpu === undefined || !gpu.info.software || !existsSync('/bin/bash'))(
  needsGpu('a software GPU without memory'),
  () => {
    it('says so, and the process ends', () => {
      const command = `ulimit -v 30000000; exec "${process.execPath}" "${join(processes, 'exhaust-gpu.js')}"`;
      const { status, stdout, stderr } = spawnSync('/bin/bash', ['-c', command], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^GpuError: webgpu: out of GPU memory: [^\n]*\n$/);
    });
  },
);

/** Bytes of a device of its own, of which Dawn keeps some: a thousand would be far beyond this if any of them stayed. */
const MOST_GROWTH = 128;

describe.skipIf(gpu === undefined)(needsGpu('devices opened and closed again and again'), () => {
  const count = process.env.ULPWISE_FULL === '1' ? 1000 : 30;
  it(`${count} times leave at most ${MOST_GROWTH} MiB more than the first tenth`, { timeout: 3_600_000 }, () => {
    const words = [join(processes, 'gpu-cycles.js'), String(count)];
    const { status, stdout, stderr, signal } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect({ status, stderr, signal }).toEqual({ status: 0, stderr: '', signal: null });
    const { settled, largest } = JSON.parse(stdout);
    console.log(`${count} devices: ${settled.toFixed(0)} MiB after a tenth, ${largest.toFixed(0)} MiB at most`);
    expect(largest - settled).toBeLessThan(MOST_GROWTH);
  });
});
