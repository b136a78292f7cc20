/**
 * `npm run test:full`: what the tests of the WebGPU backend take a part of, in full (ULPWISE_FULL=1), one part after the other.
 * Finished parts stand in `.test-full/COMMIT.jsonl`: stopped, the same command goes on.
 *
 *   npm run test:full                       # all parts, hours in software
 *   npm run test:full -- --list             # their names, and which are done
 *   npm run test:full -- --only decoder     # those whose names begin so
 *   npm run test:full -- --table            # what was run, as Markdown
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const SHARDS = 20;

const { values: options } = parseArgs({
  options: { list: { type: 'boolean' }, table: { type: 'boolean' }, only: { type: 'string', default: '' } },
});

/** Each file of tests by itself; the full product of decoders and policies in shards. */
function allParts() {
  const folder = 'test/backends/webgpu';
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.ts'));
  const node = files.flatMap((name) => {
    const part = { name: name.replace('.test.ts', ''), project: 'webgpu', file: `${folder}/${name}` };
    if (name !== 'decoder.test.ts') return [part];
    const shards = Array.from({ length: SHARDS }, (_, i) => `${i + 1}/${SHARDS}`);
    return shards.map((shard) => ({ ...part, name: `${part.name} ${shard}`, shard }));
  });
  return [...node, { name: 'chromium', project: 'browser', file: 'test/browser/webgpu.test.ts' }];
}

const commit = execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { cwd: root, encoding: 'utf8' });
const journal = join(root, '.test-full', `${commit.trim()}.jsonl`);

function finished() {
  if (!existsSync(journal)) return new Map();
  const lines = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line)).map((result) => [result.name, result]));
}

function runPart({ name, project, file, shard }) {
  const folder = mkdtempSync(join(tmpdir(), 'ulpwise-full-'));
  const output = join(folder, 'report.json');
  const env = { ...process.env, ULPWISE_FULL: '1', ...(shard && { ULPWISE_SHARD: shard }) };
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const words = ['run', '--project', project, file, '--reporter=dot', '--reporter=json', `--outputFile.json=${output}`];
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, env, stdio: ['ignore', 2, 2] });
  const seconds = Math.round((performance.now() - start) / 1000);
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(output, 'utf8'));
    return { name, seconds, status, passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  } catch {
    return { name, seconds, status: status ?? 1, passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const chosen = allParts().filter(({ name }) => name.startsWith(options.only));
const done = finished();
if (options.table) {
  console.log('| part | tests passed | seconds |\n| :-- | --: | --: |');
  for (const { name, passed, seconds } of done.values()) console.log(`| ${name} | ${passed} | ${seconds} |`);
} else if (options.list) {
  for (const { name } of chosen) console.log(`${done.has(name) ? 'done' : 'open'}  ${name}`);
} else {
  mkdirSync(join(root, '.test-full'), { recursive: true });
  for (const part of chosen) {
    if (done.has(part.name)) continue;
    const result = runPart(part);
    console.log(
      `${part.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped, ${result.seconds} s`,
    );
    // What was skipped, for want of a GPU or of data, is not done.
    if (result.status === 0 && result.failed === 0 && result.passed > 0)
      appendFileSync(journal, `${JSON.stringify(result)}\n`);
    else process.exitCode = 1;
  }
}
