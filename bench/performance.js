/** docs/performance.md from the figures: the targets, what was measured, and the template's words. */
import { readFileSync } from 'node:fs';
import { gpt2smallLine, machineLines, productTable, roundArrayTable } from './table.js';

const TEMPLATE = new URL('performance.template.md', import.meta.url);

/** A target's name, what was measured, and the least or most that is wanted of it. */
function targets({ matmul256: m, float64, gpt2small, machine }) {
  const speedups = Object.values(m).map(({ speedup }) => speedup);
  const limit = machine.limit && Math.round((100 * machine.limit.allCores.fp16) / machine.limit.one.fp16) / 100;
  const own = limit === null ? '' : ` (limit.c itself: ${limit})`;
  const fp16 = machine.limit?.one.fp16;
  const here = fp16 === undefined ? '' : `; here it reaches ${fp16}`;
  return [
    ['fp16 product, every operation rounded, of limit.c', m.fp16.ratio, '≥', 0.4],
    ['bf16 product, of limit.c', m.bf16.ratio, '≥', 0.48],
    ['fp32 product, of limit.c', m.fp32.ratio, '≥', 0.4],
    ['fp32 product, of limit.c with its operations not fused', m.fp32.ratioUnfused, '≥', 0.4],
    ['bf16 products exact, fp32 sums, of the fp32 figure of limit.c', m.bf16xfp32.ratio, '≥', 0.4],
    ['the same, of the fp32 figure of limit.c with its operations not fused', m.bf16xfp32.ratioUnfused, '≥', 0.4],
    [
      `all ${machine.threads} threads over one, the least of the products${own}`,
      ...[Math.round(100 * Math.min(...speedups)) / 100, '≥', machine.threads === 2 ? 1.85 : undefined],
    ],
    ['float64 product, of the gemm figure of limit.c', float64.ratio, '≥', 0.17],
    [
      `GPT-2 small's shape, 1024 tokens: seconds on two cores (60 where limit.c reaches 14 in fp16${here})`,
      ...[gpt2small.seconds, '≤', fp16 && Math.round((10 * 60 * 14) / fp16) / 10],
    ],
    ["GPT-2 small's shape: GB of memory", gpt2small.peakRssGB, '≤', 5],
  ];
}

function targetTable(results) {
  const rows = targets(results).map(([what, measured, sign, bound]) => {
    if (measured === null || bound === undefined) return [what, bound ? `${sign} ${bound}` : '–', measured ?? '–', '–'];
    const met = sign === '≥' ? measured >= bound : measured <= bound;
    return [what, `${sign} ${bound}`, measured, met ? 'yes' : '**no**'];
  });
  return [['target', 'wanted', 'measured', 'met'], ['---', '--:', '--:', ':-:'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/**
 * The page.
 * @param results all parts, as in the JSON
 * @throws where the template names something that is not there
 */
export function performancePage(results, template = readFileSync(TEMPLATE, 'utf8')) {
  const values = {
    machine: machineLines(results.machine)
      .map((line) => `- ${line}`)
      .join('\n'),
    targets: targetTable(results),
    products: productTable(results),
    arrays: roundArrayTable(results.roundArray),
    gpt2small: gpt2smallLine(results.gpt2small),
    runs: String(results.runs),
  };
  return template.replace(/\{\{(.*?)\}\}/g, (_, name) => {
    if (!Object.hasOwn(values, name)) throw new Error(`performance.template.md: {{${name}}} is not a value`);
    return values[name];
  });
}
