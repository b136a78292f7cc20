/** The figures as a page of Markdown. */

const show = (x) => (typeof x === 'number' ? String(Number(x.toPrecision(3))) : String(x ?? 'not compared'));

function table(titles, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

export function markdown({ device, machine, budgetSeconds, products, attention, rounding, decoders, probe }) {
  const trusted = Object.entries(probe.trusted).map(([name, holds]) => `${name}: ${holds ? 'yes' : 'no'}`);
  return `# WebGPU benchmark

${device}; ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. A figure may take about ${budgetSeconds} s: sizes are the
largest that do, up to 4096³ products and 1024 tokens.

## Products

10^9 rounded operations a second; \`differ\`: numbers of four rows whose bits are not the CPU backend's; plain loop: of
the same size in bf16, to nearest even, one invocation an element.

${table(
  ['policy', 'size', 'G/s', 'seconds', 'plain loop, G/s', 'times that', 'differ'],
  products.rows.map((row) => [
    ...[
      row.policy,
      `${row.n}³`,
      show(row.gops),
      show(row.seconds),
      show(row.plainGops),
      show(row.gops / row.plainGops),
    ],
    show(row.bitsDiffer),
  ]),
)}

## Attention

Seconds of causal attention, its operations one by one and in one kernel; \`differ\`: probabilities and results whose bits are not
the CPU backend's.

${table(
  ['policy', 'heads', 'width', 'tokens', 'one by one', 'one kernel', 'differ'],
  attention.map((row) => [
    ...[row.policy, row.heads, row.width, row.tokens, show(row.composed), show(row.fused), show(row.bitsDiffer)],
  ]),
)}

## Rounding of arrays

10^9 bytes a second, read and written.

${table(
  ['policy', 'numbers', 'GB/s', 'seconds', 'differ'],
  rounding.map((row) => [
    ...[row.policy, row.numbers, show(row.gigabytesPerSecond), show(row.seconds), show(row.bitsDiffer)],
  ]),
)}

## Decoders

A forward pass in bf16, every operation rounded; the first pass also rounds the weights and carries them over.

${table(
  ['shape', 'layers', 'width', 'vocabulary', 'tokens', 'seconds', 'first pass', 'G/s'],
  decoders.map((row) => [
    ...[`${row.name}${row.scaled ? ' (scaled down)' : ''}`, row.layers, row.width, row.vocabulary, row.tokens],
    ...[show(row.seconds), show(row.first), show(row.gops)],
  ]),
)}

## Device

Trusted: ${trusted.join(', ')}.

${table(
  ['property', 'measured', 'used for', 'cases'],
  probe.findings.map(({ property, measured, reliance, cases }) => [property, measured, reliance, cases]),
)}
`;
}
