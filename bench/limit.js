/**
 * shared/bench/limit.c, hand-written AVX2 that the kernels are measured against, compiled and run: 10^9 rounded operations
 * a second in fp16, bf16 and fp32, and of a float32 matrix product with FMA (gemm). With -mfma gcc contracts the fp32 loop,
 * whose every multiplication and addition is meant to be rounded, into fused ones; so it is compiled a second time without
 * contraction (fp32Unfused).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './timing.js';

const FIGURES = ['fp16', 'bf16', 'fp32', 'fp32Unfused', 'gemm'];
const FLAGS = ['-O3', '-mavx2', '-mfma', '-mf16c'];
/** Where it stands beside the repository. */
export const SOURCE = fileURLToPath(new URL('../../shared/bench/limit.c', import.meta.url));

/** The compiled program, in both ways, or why there is none. */
export function buildLimit(source) {
  if (!existsSync(source)) return { reason: `limit.c is not there (${source}): no limits and ratios` };
  const folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
  const [binary, unfused] = [join(folder, 'limit'), join(folder, 'unfused')];
  const compile = (out, ...flags) => spawnSync('gcc', [...FLAGS, ...flags, source, '-lm', '-o', out]).status === 0;
  const built = compile(binary) && compile(unfused, '-ffp-contract=off');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // A machine without AVX2 compiles it and cannot run it.
  if (built && spawnSync(binary).status === 0) return { binary, unfused, remove };
  remove();
  return { reason: 'limit.c cannot be compiled with gcc and run here: no limits and ratios' };
}

const run = (path) => JSON.parse(spawnSync(path).stdout.toString());

/** Its figures on one core, or undefined where there is none; it takes some seconds, twice that with `withUnfused`. */
export function runLimit({ binary, unfused }, withUnfused = true) {
  if (binary === undefined) return undefined;
  return { ...run(binary), ...(withUnfused && { fp32Unfused: run(unfused).fp32 }) };
}

/** The figures of the medians, or undefined. */
export function mediansOf(runs) {
  if (runs.length === 0 || runs[0] === undefined) return undefined;
  return Object.fromEntries(FIGURES.map((name) => [name, median(runs.map((run) => run[name]))]));
}

function once(binary) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (part) => {
      text += part;
    });
    child.on('error', reject);
    child.on('close', () => resolve(JSON.parse(text)));
  });
}

/** The sums of the figures of as many processes at the same time. */
export async function runTogether({ binary, unfused }, processes) {
  if (binary === undefined) return undefined;
  const together = (path) => Promise.all(Array.from({ length: processes }, () => once(path)));
  const [all, others] = [await together(binary), await together(unfused)];
  const figures = all.map((run, i) => ({ ...run, fp32Unfused: others[i].fp32 }));
  return Object.fromEntries(FIGURES.map((name) => [name, figures.reduce((sum, run) => sum + run[name], 0)]));
}
