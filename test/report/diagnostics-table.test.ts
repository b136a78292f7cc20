/** The diagnostics as people and programs read them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import {
  headNames,
  layerNames,
  predictorNames,
  quantileNames,
  rowNames,
  scopeNames,
} from '../../src/analysis/diagnostics/names.ts';
import type { Diagnostics } from '../../src/analysis/diagnostics/result.ts';
import type { Analysis } from '../../src/analysis/result.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { diagnosticsLegend, diagnosticsText, layerTables } from '../../src/report/diagnostics-table.ts';
import { htmlPage } from '../../src/report/html.ts';
import { analysisJson } from '../../src/report/json.ts';
import { markdownTable } from '../../src/report/table.ts';

const root = resolve(import.meta.dirname, '../..');
const FORMULA = 'mine = u*kappa_val';

async function example(layers: number): Promise<Analysis & { diagnostics: Diagnostics }> {
  const model = randomDecoder({ layers, width: 8, heads: 2, vocabulary: 11, positions: 6 });
  const analysis = await analyze(model, [[1, 5, 9, 2]], { diagnostics: true, formulas: [FORMULA] });
  return analysis as Analysis & { diagnostics: Diagnostics };
}

/** Names without what is made of them: medians over heads, quantiles over rows. */
const baseNames = [
  ...layerNames
    .map(({ name }) => name.replace(/_median$/, ''))
    .filter((name) => !rowNames.some((row) => name.startsWith(`${row}_`))),
  ...rowNames,
  ...scopeNames.map(({ name }) => name),
];

describe('docs/analysis.md and theory/diagnostics.md', () => {
  const docs = readFileSync(resolve(root, 'docs/analysis.md'), 'utf8');
  const rows = [
    ...docs.matchAll(
      /^\| `([A-Za-z0-9_]+)` \| (.+) \| ([^|]+) \| \[(.+)\]\(\.\.\/theory\/diagnostics\.md#(.+)\) \|$/gm,
    ),
  ];
  it('list every name, with a formula, a unit and its section', () => {
    expect([...new Set(rows.map(([, name]) => name))].sort()).toEqual([...new Set(baseNames)].sort());
  });
  it('define every name in the section that the table points to', () => {
    const theory = readFileSync(resolve(root, 'theory/diagnostics.md'), 'utf8');
    for (const [, name, , , label, id] of rows) {
      expect(label).toBe(id);
      const section = theory.split(/^## /m).find((part) => part.startsWith(`${id}\n`));
      expect(section, `section ${id} for ${name}`).toContain(`\`${name}\``);
    }
  });
});

describe('the tables', () => {
  it('are at most 140 columns wide, formulas apart', async () => {
    const { diagnostics } = await example(4);
    for (const { title, columns } of layerTables({ ...diagnostics, formulas: [] })) {
      const [header] = markdownTable(columns, diagnostics.layers).split('\n');
      expect([...header].length, title).toBeLessThanOrEqual(140);
    }
  });
  it('have every number in CSV, and the formula’s', async () => {
    const { diagnostics } = await example(2);
    const [header, ...lines] = diagnosticsText(diagnostics, 'csv', 'layers').trimEnd().split('\r\n');
    expect(header.split(',')).toEqual(['layer', ...layerNames.map(({ name }) => name), 'mine']);
    expect(lines.length).toBe(2);
    const at = header.split(',').indexOf('kappa_val');
    expect(lines.map((line) => Number(line.split(',')[at]))).toEqual(
      diagnostics.layers.map(({ values }) => values.kappa_val),
    );
    expect(lines.map((line) => Number(line.split(',').at(-1)))).toEqual(
      diagnostics.layers.map(({ values }) => 2 ** -8 * (values.kappa_val as number)),
    );
    const heads = diagnosticsText(diagnostics, 'csv', 'heads').trimEnd().split('\r\n');
    expect(heads.length).toBe(1 + 2 * 2);
    expect(heads[0].split(',').length).toBe(2 + headNames.length + 3 * quantileNames.length);
  });
  it('have correlations from four layers on', async () => {
    const few = diagnosticsText((await example(3)).diagnostics, 'md', 'layers');
    expect(few).not.toContain('Spearman');
    const { diagnostics } = await example(4);
    const text = diagnosticsText(diagnostics, 'md', 'layers');
    expect(text).toMatch(/Correlation over layers with the observed error:\n\n\| predictor +\| Spearman \| Pearson \|/);
    expect(diagnostics.correlations?.map(({ name }) => name)).toEqual([...predictorNames, 'mine']);
    for (const name of predictorNames)
      expect(
        layerNames.some((entry) => entry.name === name),
        name,
      ).toBe(true);
  });
  it('show heads where asked for, and LaTeX', async () => {
    const { diagnostics } = await example(2);
    const text = diagnosticsText(diagnostics, 'md', 'heads');
    expect(text.match(/^Heads:$/gm)?.length).toBe(2);
    expect(diagnosticsText(diagnostics, 'md', 'layers')).not.toContain('Heads:');
    expect(diagnosticsText(diagnostics, 'latex', 'layers').match(/\\begin\{tabular\}/g)?.length).toBe(7);
  });
  it('say what every column means', async () => {
    const { diagnostics } = await example(2);
    const legend = diagnosticsLegend(diagnostics);
    expect(legend.find(({ label }) => label === 'mine')?.text).toBe(FORMULA);
    for (const { text } of legend) expect(text).not.toBe('');
  });
});

describe('JSON and the page', () => {
  it('JSON holds every head, and the names in their order', async () => {
    const analysis = await example(4);
    const json = JSON.parse(analysisJson(analysis)).diagnostics;
    expect(json).toEqual(JSON.parse(JSON.stringify(analysis.diagnostics)));
    expect(Object.keys(json.layers[1].values)).toEqual(layerNames.map(({ name }) => name));
    expect(json.layers[1].heads.length).toBe(2);
    expect(json.formulas).toEqual([{ name: 'mine', text: FORMULA }]);
  });
  it('the page shows them, and only where they are', async () => {
    const analysis = await example(4);
    const page = (about: Analysis) =>
      htmlPage({ analysis: about, figure: '<svg></svg>', manifest: '{}', unusedTensors: [] });
    expect(page(analysis)).toContain('<h2>Diagnostics</h2>');
    expect(page(analysis)).toContain('kappa_softmax_row');
    expect(page(analysis)).toContain('Correlation over layers');
    const { diagnostics: _, ...without } = analysis;
    expect(page(without)).not.toContain('Diagnostics');
  });
});
