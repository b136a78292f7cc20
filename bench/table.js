/** The figures as rows of text. */

const show = (x) => (x === null || x === undefined ? '–' : String(x));

/** Columns of each kind of row, by name and key. */
const rates = [
  ['G/s, one thread', 'gops'],
  ['all cores', 'gopsAllCores'],
];
const limits = [
  ...rates,
  ['times', 'speedup'],
  ...[
    ['limit.c', 'limit'],
    ['ratio', 'ratio'],
    ['limit.c, not fused', 'limitUnfused'],
    ['ratio', 'ratioUnfused'],
  ],
];

/** A Markdown table: a name and some figures of each row. */
function table(first, columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line([first, ...columns.map(([title]) => title)]),
    line(['---', ...columns.map(() => '--:')]),
    ...rows.map(([name, row]) => line([name, ...columns.map(([, key]) => show(row[key]))])),
  ].join('\n');
}

/** Products of matrices, of those that were measured. */
export function productTable({ matmul256 = {}, float64, doubleDouble }) {
  const references = Object.entries({ float64, 'double-double': doubleDouble }).filter(([, row]) => row !== undefined);
  return table('256³ product', limits, [...Object.entries(matmul256), ...references]);
}

export function roundArrayTable({ float16, ...rows }) {
  const each = [`@petamoriken/float16, each number`, { gops: float16.gops }];
  const product = ['@petamoriken/float16, each operation of a product', { gops: float16.matmulGops }];
  return table('array rounded to', [...rates, ['of float16', 'ratio']], [...Object.entries(rows), each, product]);
}

export function gpt2smallLine({ seconds, peakRssGB, tokens = 1024 }) {
  return `GPT-2 small's shape, ${tokens} tokens: ${seconds} s, ${peakRssGB} GB at most`;
}

export function machineLines({ cpu, cores, threads, node, limit }) {
  const figures = (x) =>
    Object.entries(x)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return [
    `${cpu}, ${cores} cores, ${threads} threads, Node ${node}`,
    ...(limit === null
      ? ['limit.c: not run']
      : [`limit.c on one core: ${figures(limit.one)}`, `limit.c on ${cores} at once: ${figures(limit.allCores)}`]),
  ];
}

/** Everything that was measured. */
export function printed(results) {
  const { machine, matmul256, float64, doubleDouble, roundArray, gpt2small } = results;
  const products = matmul256 ?? float64 ?? doubleDouble;
  return [
    machineLines(machine).join('\n'),
    ...(products === undefined ? [] : [productTable(results)]),
    ...(roundArray === undefined ? [] : [roundArrayTable(roundArray)]),
    ...(gpt2small === undefined ? [] : [gpt2smallLine(gpt2small)]),
  ].join('\n\n');
}
