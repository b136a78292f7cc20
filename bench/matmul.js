#!/usr/bin/env node
/**
 * Rounded operations a second of a 256³ matmul on one thread, by format, beside shared/bench/limit.c (hand-written AVX2)
 * compiled and run in between where gcc is there: medians of 9 runs, CPU time. Then on all threads (ULPWISE_THREADS, or
 * one a core) and how many times one thread that is, run by run in turn: medians of the wall clock, which other programs
 * on the machine slow down, so the load stands at the end. `npm run build` first.
 *
 *   node bench/matmul.js [policy …]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = process.env.ULPWISE_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));
const { CpuArithmetic } = await import(join(dist, 'backends/cpu/cpu-arithmetic.js'));
const { KernelMemory } = await import(join(dist, 'backends/cpu/wasm.js'));
const { nodeWorkers } = await import(join(dist, 'platform/node-workers.js'));
const { parseSpec } = await import(join(dist, 'tensor/policy.js'));

const [N, RUNS] = [256, 9];
const defaults = [
  ...['fp32', 'bf16', 'fp16', 'tf32', 'e4m3', 'bf16; product=exact, accumulate=fp32', 'bf16; accumulate=fp32'],
  ...[
    'bf16; order=pairwise',
    'fp16; order=lanes(8)',
    'bf16; order=kahan',
    'bf16; product=exact',
    'bf16; mode=up',
    'fp64',
  ],
];

/** The figure of limit.c that a policy is compared with. */
const limitOf = (policy) =>
  policy === 'fp64' ? 'gemm' : policy.startsWith('fp16') ? 'fp16' : policy.startsWith('fp32') ? 'fp32' : 'bf16';

function limits() {
  const source = fileURLToPath(new URL('../../shared/bench/limit.c', import.meta.url));
  if (!existsSync(source)) return {};
  const binary = join(mkdtempSync(join(tmpdir(), 'ulpwise-')), 'limit');
  const built = spawnSync('gcc', ['-O3', '-mavx2', '-mfma', '-mf16c', source, '-lm', '-o', binary]);
  return built.status === 0 ? JSON.parse(spawnSync(binary).stdout.toString()) : {};
}

/** CPU time, which is what limit.c measures too: the wall clock counts other programs on a shared machine. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A product of two matrices of the policy's numbers, as a function to call again and again. */
function product(policy, memory) {
  const spec = parseSpec(policy);
  const cpu = new CpuArithmetic(policy, () => spec, memory);
  let x = 1;
  const next = () => {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    return x / 0x7fffffff - 0.5;
  };
  const matrix = () => ({ shape: [N, N], data: Float32Array.from({ length: N * N }, next) });
  const zero = cpu.parameter('m', { shape: [1], data: Float32Array.of(0) });
  // Operands are numbers of the format already, as results of operations are.
  const [a, b] = [cpu.add('m', matrix(), zero), cpu.add('m', matrix(), zero)];
  const run = () => cpu.matmul('m', a, b);
  // V8 optimises the kernels while they run.
  for (let i = 0; i < 10; i++) run();
  return run;
}

const rate = (seconds) => (2 * N ** 3) / seconds.sort((p, q) => p - q)[seconds.length >> 1] / 1e9;

/** Seconds of one call of `run`, by `clock`, over so many that they take a while. */
function timed(run, clock, repeat) {
  const start = clock();
  for (let i = 0; i < repeat; i++) run();
  return (clock() - start) / repeat;
}

const wall = () => performance.now() / 1e3;
const [alone, together] = [new KernelMemory(), new KernelMemory({ workers: () => nodeWorkers })];
const threads = together.pool()?.threads ?? 1;

function measure(policy) {
  const [one, all] = [product(policy, alone), product(policy, together)];
  const repeat = Math.max(1, Math.round(0.06 / timed(one, wall, 1)));
  const runs = (f) => Array.from({ length: RUNS }, f);
  const gops = rate(runs(() => timed(one, cpuSeconds, repeat)));
  const turns = runs(() => [timed(one, wall, repeat), timed(all, wall, repeat)]);
  const [gopsAlone, gopsTogether] = [0, 1].map((i) => rate(turns.map((turn) => turn[i])));
  return { gops, gopsTogether, speedup: gopsTogether / gopsAlone };
}

const policies = process.argv.length > 2 ? process.argv.slice(2) : defaults;
const limit = limits();
console.log('limit.c', JSON.stringify(limit));
for (const policy of policies) {
  const { gops, gopsTogether, speedup } = measure(policy);
  const against = limit[limitOf(policy)];
  const ratio = against === undefined ? '' : `${(gops / against).toFixed(3)} of limit.c's ${limitOf(policy)}`;
  const many = threads > 1 ? `; ${threads} threads ${gopsTogether.toFixed(2)} G/s, ×${speedup.toFixed(2)}` : '';
  console.log(policy.padEnd(40), gops.toFixed(2).padStart(7), 'G/s ', `${ratio}${many}`);
}
console.log(
  'load',
  loadavg()
    .map((x) => x.toFixed(2))
    .join(' '),
);
