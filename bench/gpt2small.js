/**
 * The large case: `ulpwise analyze` of a random decoder of GPT-2 small's shape, every operation in bf16 against float64,
 * in a process of its own: wall clock and peak memory.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dist } from './build.js';
import { rounded } from './rates.js';
import { wallSeconds } from './timing.js';

export const TOKENS = 1024;
const SHAPE = ['--layers', '12', '--width', '768', '--heads', '12', '--vocabulary', '50257', '--policy', 'bf16'];

/** @throws where the program fails */
export async function gpt2small({ length, progress }) {
  progress(`gpt2small, ${length} tokens: this takes a minute or more`);
  const folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
  const peak = join(folder, 'peak');
  const words = ['--import', new URL('peak-rss.js', import.meta.url).href, join(dist, 'cli/main.js'), 'analyze'];
  try {
    const start = wallSeconds();
    await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...words, ...SHAPE, '--length', String(length)], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, ULPWISE_PEAK_RSS: peak },
      });
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ulpwise analyze ended with ${code}`))));
    });
    const seconds = rounded(wallSeconds() - start);
    const peakRssGB = rounded((Number(readFileSync(peak, 'utf8')) * 1024) / 1e9);
    return { seconds, peakRssGB, ...(length === TOKENS ? {} : { tokens: length }) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
