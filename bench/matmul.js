#!/usr/bin/env node
/**
 * Rounded operations a second of a 256³ matmul on one thread, by format, beside shared/bench/limit.c (hand-written AVX2)
 * compiled and run in between where gcc is there. Medians of 9 runs, CPU time; `npm run build` first.
 *
 *   node bench/matmul.js [policy …]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = process.env.ULPWISE_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));
const { CpuArithmetic } = await import(join(dist, 'backends/cpu/cpu-arithmetic.js'));
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

function gops(policy) {
  const spec = parseSpec(policy);
  const cpu = new CpuArithmetic(policy, () => spec);
  let x = 1;
  const next = () => {
    x = (x * 1103515245 + 12345) & 0x7fffffff;
    return x / 0x7fffffff - 0.5;
  };
  const matrix = () => ({ shape: [N, N], data: Float32Array.from({ length: N * N }, next) });
  const zero = cpu.parameter('m', { shape: [1], data: Float32Array.of(0) });
  // Operands are numbers of the format already, as results of operations are.
  const [a, b] = [cpu.add('m', matrix(), zero), cpu.add('m', matrix(), zero)];
  // V8 optimises the kernels while they run.
  for (let i = 0; i < 10; i++) cpu.matmul('m', a, b);
  const started = performance.now();
  cpu.matmul('m', a, b);
  const repeat = Math.max(1, Math.round(60 / (performance.now() - started)));
  const seconds = [];
  for (let run = 0; run < RUNS; run++) {
    const start = cpuSeconds();
    for (let i = 0; i < repeat; i++) cpu.matmul('m', a, b);
    seconds.push((cpuSeconds() - start) / repeat);
  }
  seconds.sort((p, q) => p - q);
  return (2 * N ** 3) / seconds[RUNS >> 1] / 1e9;
}

const policies = process.argv.length > 2 ? process.argv.slice(2) : defaults;
const limit = limits();
console.log('limit.c', JSON.stringify(limit));
for (const policy of policies) {
  const rate = gops(policy);
  const against = limit[limitOf(policy)];
  const ratio = against === undefined ? '' : `${(rate / against).toFixed(3)} of limit.c's ${limitOf(policy)}`;
  console.log(policy.padEnd(40), rate.toFixed(2).padStart(7), 'G/s ', ratio);
}
