#!/usr/bin/env node
/** `npm run bench`: how fast the kernels are, beside hand-written AVX2. Its parts are in parts.js, its options in options.js. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelThreads, missingBuild } from './build.js';
import { buildLimit } from './limit.js';
import { machineFacts } from './machine.js';
import { parseOptions, USAGE, UsageError } from './options.js';
import { parts } from './parts.js';
import { performancePage } from './performance.js';
import { printed } from './table.js';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/** A file that is there, whole, when all is done; what cannot be written fails before anything is measured. */
function laterFile(path) {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, '');
  } catch (error) {
    throw new UsageError(`--json: expected a file that can be written, got ${error.message}`);
  }
  return {
    write: (text) => {
      writeFileSync(temporary, text);
      renameSync(temporary, path);
    },
    discard: () => rmSync(temporary, { force: true }),
  };
}

async function measure({ only, runs, size, length, limit: source }) {
  const limit = buildLimit(source);
  try {
    if (limit.reason) console.error(`bench: ${limit.reason}`);
    const progress = (what) => console.error(`measuring ${what}`);
    const context = { threads: await kernelThreads(), limit, runs, size, length, progress };
    const results = { machine: await machineFacts(context), runs };
    for (const name of only) results[name] = await parts[name](context);
    return results;
  } finally {
    limit.remove?.();
  }
}

async function main(words) {
  const options = parseOptions(words);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const wrong = missingBuild();
  if (wrong) throw new UsageError(wrong);
  const json = options.json === undefined ? undefined : laterFile(options.json);
  try {
    const results = await measure(options);
    console.log(printed(results));
    json?.write(`${JSON.stringify(results, null, 2)}\n`);
    if (options.docs) writeFileSync(PAGE, performancePage(results));
  } finally {
    json?.discard();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) console.error(`bench: ${error.message}`);
  else console.error(error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
