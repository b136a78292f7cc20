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

/** A command in whose process a module has changed the GPU, as the variables tell it. */
function changed(module: string, variables: NodeJS.ProcessEnv, words: readonly string[]) {
  return spawnSync(process.execPath, ['--import', join(processes, module), main, ...words], {
    encoding: 'utf8',
    env: { ...process.env, ...variables },
  });
}
/** A command whose GPU is lost after so many batches of work, or when a file is there. */
function losing(after: number | string, words: readonly string[]) {
  const name = typeof after === 'string' ? 'ULPWISE_TEST_LOSE_WHEN' : 'ULPWISE_TEST_LOSE_AFTER';
  return changed('lose-gpu.js', { [name]: String(after) }, words);
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

describe.skipIf(gpu === undefined)(needsGpu('a tensor larger than its buffers'), () => {
  it('ends a run with exit code 2 and its name, and leaves the finished cells', () => {
    const place = join(folder, 'large');
    const sizes = ['samples=2', 'layers=1', 'width=8', 'heads=2', 'tokens=40', 'gains=1', 'formats=bf16'];
    const run = ['run', 'attention-precision', ...sizes.flatMap((text) => ['--set', text])];
    // In the second of two cells; of the tables that a run needs, the largest has 12,320 bytes.
    const limits = { ULPWISE_TEST_LIMIT: '12544', ULPWISE_TEST_LIMIT_WHEN: join(place, 'cells/000000.parquet') };
    const { status, stdout, stderr } = changed('limit-gpu.js', limits, [...run, '--backend', 'webgpu', '--out', place]);
    expect({ status, stdout, stderr }).toEqual({
      ...{ status: 2, stdout: '' },
      stderr:
        "ulpwise: webgpu: layers.0.scores: expected a tensor of at most 12544 bytes, the device's limit, got 12800; take shorter or fewer sequences, or --backend cpu\n",
    });
    expect(readdirSync(join(place, 'cells'))).toEqual(['000000.parquet']);
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
