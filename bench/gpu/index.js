/** `npm run bench:gpu`: how fast the WebGPU backend is here, whether its bits are the CPU's, and what the device does. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { missingBuild, modules } from '../build.js';
import { attentions } from './attention.js';
import { decoders } from './decoders.js';
import { products } from './products.js';
import { markdown } from './report.js';
import { arrayRounding } from './rounding.js';

const USAGE = `npm run bench:gpu -- [options]        (npm run build first)

  --quick           small sizes of few formats and orders
  --budget SECONDS  a figure may take about so long (default: 10, with --quick 1); sizes are scaled down to it
  --json FILE       writes the figures as JSON
  --markdown FILE   writes them as Markdown (default: on stdout)
  --help

Figures are rounded operations a second: a product of n³ has 2·n³, each multiplication and each addition being one.
The exit code is 1 where a bit is not the CPU backend's.
`;

class UsageError extends Error {}

function optionsOf(words) {
  const known = {
    ...{ quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    ...{ budget: { type: 'string' }, json: { type: 'string' }, markdown: { type: 'string' } },
  };
  let values;
  try {
    ({ values } = parseArgs({ args: words, options: known }));
  } catch (error) {
    throw new UsageError(error.message);
  }
  const budget = Number(values.budget ?? (values.quick ? 1 : 10));
  if (!(budget > 0 && Number.isFinite(budget))) {
    throw new UsageError(`--budget: expected seconds, got '${values.budget}'`);
  }
  return { ...values, budget };
}

/** Whole, or not there. */
function write(path, text) {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function measure({ budget, quick }) {
  const { GpuBackend, nodeGpu } = await modules('backends/webgpu/backend.js', 'platform/node-gpu.js');
  const gpu = await nodeGpu();
  const backend = await GpuBackend.open(gpu);
  try {
    const progress = (what) => console.error(`measuring ${what}`);
    const context = { backend, budget, quick, progress };
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
    const results = { schema: 'ulpwise.bench-gpu/2', device: backend.probe.device, machine, budgetSeconds: budget };
    results.products = await products(context);
    results.attention = await attentions(context);
    results.rounding = await arrayRounding(context);
    results.decoders = await decoders(context, results.products);
    results.probe = { trusted: backend.probe.trusted, findings: backend.probe.findings };
    return results;
  } finally {
    backend.close();
  }
}

async function main(words) {
  const options = optionsOf(words);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const wrong = missingBuild();
  if (wrong) throw new UsageError(wrong);
  const results = await measure(options);
  if (options.json !== undefined) write(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.markdown !== undefined) write(options.markdown, markdown(results));
  else console.log(markdown(results));
  const differing = results.products.rows.filter(({ bitsDiffer }) => bitsDiffer > 0);
  for (const { policy, n, bitsDiffer } of differing) {
    console.error(`bench:gpu: ${policy}, ${n}³: ${bitsDiffer} results are not the CPU backend's`);
  }
  const others = [...results.attention, ...results.rounding];
  if (differing.length > 0 || others.some(({ bitsDiffer }) => bitsDiffer > 0)) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof UsageError || error.name === 'InputError' || error.name === 'GpuError';
  console.error(known ? `bench:gpu: ${error.message}` : error);
  process.exitCode = error instanceof UsageError || error.name === 'InputError' ? 2 : 1;
}
