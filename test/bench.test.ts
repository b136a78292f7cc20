/** `npm run bench`: what it writes, not how fast anything is. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { performancePage } from '../bench/performance.js';

const folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...words: string[]) {
  const script = resolve(import.meta.dirname, '../bench/index.js');
  return spawnSync(process.execPath, [script, ...words], { encoding: 'utf8', timeout: 170_000 });
}

describe('the benchmark', () => {
  it('prints a table and writes JSON, without limits where limit.c is not there', () => {
    const json = join(folder, 'figures.json');
    const small = ['--runs', '1', '--size', '5000', '--limit', join(folder, 'absent.c')];
    const { status, stdout, stderr } = bench('--only', 'roundArray,matmul256,float64', ...small, '--json', json);
    expect(stderr).toContain(`bench: limit.c is not there (${join(folder, 'absent.c')}): no limits and ratios`);
    expect(status).toBe(0);
    const figures = JSON.parse(readFileSync(json, 'utf8'));
    expect(Object.keys(figures)).toEqual(['machine', 'runs', 'matmul256', 'float64', 'roundArray']);
    expect(figures.machine).toEqual({
      ...{ cpu: expect.any(String), cores: expect.any(Number), threads: expect.any(Number) },
      ...{ node: process.version, limit: null },
    });
    const rate = { gops: expect.any(Number), gopsAllCores: expect.any(Number) };
    const product = { ...rate, limit: null, ratio: null, speedup: expect.any(Number) };
    expect(figures.float64).toEqual(product);
    const fp32 = { ...product, limitUnfused: null, ratioUnfused: null };
    expect(figures.matmul256).toEqual({
      ...{ fp16: product, bf16: product, fp32, e4m3: product, bf16xfp32: fp32 },
    });
    const { float16, ...rows } = figures.roundArray;
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(['fp16', 'bf16', 'e4m3']));
    for (const row of Object.values(rows)) expect(row).toEqual({ ...rate, ratio: expect.any(Number) });
    expect(float16).toEqual({ gops: expect.any(Number), matmulGops: expect.any(Number) });
    expect(stdout).toContain(`| bf16xfp32 | ${figures.matmul256.bf16xfp32.gops} |`);
    expect(stdout).toContain(`| e4m3 | ${rows.e4m3.gops} | ${rows.e4m3.gopsAllCores} | ${rows.e4m3.ratio} |`);
    expect(readdirSync(folder)).toEqual(['figures.json']);
  }, 180_000);

  it.each([
    [
      ['--only', 'matmul'],
      "--only: expected parts of matmul256, float64, doubleDouble, roundArray, gpt2small, got 'mat",
    ],
    [['--runs', '0'], "--runs: expected a whole number, got '0'"],
    [['--docs', '--only', 'float64'], '--docs: expected all parts at their full size and at least 7 runs'],
    [['--json', join(folder, 'no', 'where.json')], '--json: expected a file that can be written'],
    [['--fast'], 'Unknown option'],
  ])('%j is refused in a line', (words, message) => {
    const { status, stdout, stderr } = bench(...words);
    expect(stderr).toContain(`bench: ${message}`);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect([status, stdout]).toEqual([2, '']);
    expect(existsSync(join(folder, 'no'))).toBe(false);
  });

  it('--help lists the parts', () => {
    expect(bench('--help').stdout).toContain('matmul256, float64, doubleDouble, roundArray, gpt2small');
  });
});

describe('docs/performance.md', () => {
  const product = (ratio: number | null) => ({ gops: 6, gopsAllCores: 11.4, limit: 14, ratio, speedup: 1.9 });
  const results = {
    machine: {
      ...{ cpu: 'A processor', cores: 2, threads: 2, node: 'v20.20.0' },
      limit: {
        one: { fp16: 14, bf16: 15, fp32: 100, gemm: 120 },
        allCores: { fp16: 27, bf16: 29, fp32: 190, gemm: 230 },
      },
    },
    runs: 9,
    matmul256: {
      ...{ fp16: product(0.41), bf16: product(0.47) },
      fp32: { ...product(0.4), limitUnfused: 10, ratioUnfused: 0.6 },
      ...{ e4m3: product(0.5), bf16xfp32: product(0.45) },
    },
    float64: product(0.2),
    doubleDouble: product(0.01),
    roundArray: {
      fp16: { gops: 1.1, gopsAllCores: 1.4, ratio: 15.7 },
      float16: { gops: 0.07, matmulGops: 0.08 },
    },
    gpt2small: { seconds: 61.2, peakRssGB: 3.9 },
  };

  it('says of every target whether it is met', () => {
    const page = performancePage(results);
    expect(page).not.toMatch(/\{\{|undefined|null|\| NaN/);
    expect(page).toContain('| fp16 product, every operation rounded, of limit.c | ≥ 0.4 | 0.41 | yes |');
    expect(page).toContain('| fp32 product, of limit.c with its operations not fused | ≥ 0.4 | 0.6 | yes |');
    expect(page).toContain('| bf16 product, of limit.c | ≥ 0.48 | 0.47 | **no** |');
    expect(page).toContain('| fp32 product, of limit.c | ≥ 0.4 | 0.4 | yes |');
    expect(page).toContain('the least of the products (limit.c itself: 1.93) | ≥ 1.85 | 1.9 | yes |');
    expect(page).toContain('| ≤ 60 | 61.2 | **no** |');
    expect(page).toContain('GB of memory | ≤ 5 | 3.9 | yes |');
    expect(page).toContain('| fp16 | 1.1 | 1.4 | 15.7 |');
    expect(page).toContain("GPT-2 small's shape, 1024 tokens: 61.2 s, 3.9 GB at most");
    expect(page).toContain('- limit.c on 2 at once: fp16 27, bf16 29, fp32 190, gemm 230');
  });

  it('leaves open what could not be compared', () => {
    const machine = { ...results.machine, threads: 4, limit: null };
    const page = performancePage({ ...results, machine, float64: product(null) });
    expect(page).toContain('| all 4 threads over one, the least of the products | – | 1.9 | – |');
    expect(page).toContain('| float64 product, of the gemm figure of limit.c | ≥ 0.17 | – | – |');
    expect(page).toContain('- limit.c: not run');
  });

  it('refuses a template that asks for what is not there', () => {
    expect(() => performancePage(results, '{{machines}}')).toThrow('{{machines}} is not a value');
  });
});
