#!/usr/bin/env node
/**
 * Every operand of the scalar functions, of functions of arrays and of array rounding, against independent evaluations, in
 * all six modes. `npm run build` first.
 *
 *   npm run exhaustive -- [--only 16bit|fp32|arrays|rounding] [--function exp,…] [--from A] [--to B] [--stride N]
 *                         [--workers N] [--minutes M] [--out FOLDER]
 *
 * - 16bit: all codes of fp16 and bf16 for each function, against decimal.js.
 * - fp32: all 2^32 codes for each function, against float64 with a proven error; where that cannot decide, decimal.js.
 * - arrays: the kernels of arrays, all 2^32 float32 codes for each function, against the same, all modes at once.
 * - rounding: all 2^32 float32 codes to fp16 and bf16 by `roundArray`, against exact rounding by intervals.
 *
 * --from and --to are codes (0x… too), --stride checks every N-th code, --minutes stops early, and --out keeps what is done
 * in a folder, so that the same command goes on from there. ULPWISE_DIST names another build.
 * Exit status 1 where a result differs, 2 for wrong options.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FUNCTIONS } from './exhaustive/decimal.js';
import { KINDS, Progress, tasksOf, titleOf } from './exhaustive/tasks.js';

function fail(message) {
  console.error(`exhaustive: ${message}`);
  process.exit(2);
}

function options() {
  const text = (name) => [name, { type: 'string' }];
  const names = ['only', 'function', 'from', 'to', 'stride', 'workers', 'minutes', 'out'];
  let values;
  try {
    ({ values } = parseArgs({ options: Object.fromEntries(names.map(text)) }));
  } catch (error) {
    fail(error.message);
  }
  const list = (name, known) => {
    const parts = values[name]?.split(',') ?? known;
    for (const part of parts) {
      if (!known.includes(part)) fail(`--${name}: expected ${known.join(', ')}, got '${part}'`);
    }
    return parts;
  };
  const number = (name, least, otherwise) => {
    if (values[name] === undefined) return otherwise;
    const n = Number(values[name]);
    if (!(n >= least) || (name !== 'minutes' && !Number.isInteger(n))) {
      fail(`--${name}: expected a number from ${least} on, got '${values[name]}'`);
    }
    return n;
  };
  return {
    only: list('only', KINDS),
    functions: list('function', FUNCTIONS),
    from: number('from', 0, undefined),
    to: number('to', 1, undefined),
    stride: number('stride', 1, 1),
    workers: number('workers', 1, availableParallelism()),
    minutes: number('minutes', 0, Number.POSITIVE_INFINITY),
    out: values.out,
  };
}

/** Hours, minutes, seconds. */
function duration(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds) % 60];
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min ${s} s` : `${s} s`;
}

/** Runs the chunks on the workers until all are done or the time is up; a worker's answer asks for the next chunk. */
function run(progress, workers, end) {
  const chunks = progress.remaining();
  const started = performance.now();
  let [next, finished, reported] = [0, 0, started];
  const report = () => {
    const left = ((performance.now() - started) / 1000 / finished) * (chunks.length - finished);
    console.error(
      `${titleOf(progress.task)}: ${((100 * finished) / chunks.length).toFixed(2)} % of what was left, ` +
        `${progress.state.mismatches} mismatches, ${duration(left)} to go`,
    );
  };
  const drive = (worker) =>
    new Promise((resolve, reject) => {
      const send = () => {
        if (next === chunks.length || performance.now() > end) resolve();
        else worker.postMessage(chunks[next++]);
      };
      worker.removeAllListeners();
      worker.on('error', reject);
      worker.on('message', (found) => {
        progress.add(found);
        finished++;
        if (performance.now() - reported > 10000) {
          reported = performance.now();
          report();
        }
        send();
      });
      send();
    });
  return Promise.all(workers.map(drive)).then(() => finished === chunks.length);
}

const chosen = options();
const dist = process.env.ULPWISE_DIST ?? fileURLToPath(new URL('../dist', import.meta.url));
if (!existsSync(join(dist, 'softfloat/scalar.js'))) fail(`expected a build in ${dist}; run \`npm run build\``);
const body = new URL('./exhaustive/worker.js', import.meta.url);
const workers = Array.from({ length: chosen.workers }, () => new Worker(body, { workerData: { dist } }));
const end = performance.now() + chosen.minutes * 60000;
let different = false;
for (const task of tasksOf(chosen)) {
  const progress = new Progress(task, chosen.out);
  const complete = await run(progress, workers, end);
  progress.write();
  const { count, undecided, mismatches, examples, seconds } = progress.state;
  const rate = ((seconds * 1e6) / Math.max(1, count)).toFixed(2);
  console.log(
    `${titleOf(task).padEnd(22)} ${complete ? 'complete' : 'STOPPED '} ${count} operands, ${mismatches} mismatches, ` +
      `${undecided} undecided, ${seconds.toFixed(1)} s of workers, ${rate} µs each`,
  );
  for (const example of examples) console.log(`  ${JSON.stringify(example)}`);
  different ||= mismatches > 0;
}
for (const worker of workers) await worker.terminate();
process.exit(different ? 1 : 0);
