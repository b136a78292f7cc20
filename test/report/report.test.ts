import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { type DepthTiers, type TierPoint, tierNames } from '../../src/analysis/depth/result.ts';
import type { Analysis } from '../../src/analysis/result.ts';
import type { RowRecord } from '../../src/analysis/rows.ts';
import { figureFonts } from '../../src/platform/node-fonts.ts';
import { everyColumn } from '../../src/report/analysis-table.ts';
import { depthFigure } from '../../src/report/depth-figure.ts';
import { logScale } from '../../src/report/depth-scale.ts';
import { htmlPage } from '../../src/report/html.ts';
import { analysisJson, jsonText } from '../../src/report/json.ts';
import { manifestJson } from '../../src/report/manifest.ts';
import { rowsFile } from '../../src/report/parquet.ts';
import { svgToPng } from '../../src/report/png.ts';
import { firstNonFiniteText, summaryLines } from '../../src/report/summary.ts';
import { csvTable, markdownTable } from '../../src/report/table.ts';
import { tierTables, tierTaps } from '../../src/report/tier-columns.ts';
import { tiersData } from '../../src/report/tiers-data.ts';
import { tiersFigure } from '../../src/report/tiers-figure.ts';
import { analysis, overflowed, tap, tiered } from './example.ts';

const exact: Analysis = {
  ...analysis(2),
  policy: 'fp64',
  taps: [tap('layers.0.attn_residual', 0, { added: 0, inherited: 0, flagged: true })],
};
const hostile: Analysis = { ...analysis(1), policy: 'bf16; <script>alert(1)</script>: "x"' };

describe('JSON', () => {
  it('writes what is not finite as text, and reads back otherwise', () => {
    const text = analysisJson(overflowed());
    expect(JSON.parse(text).output).toMatchObject({ lossComputed: 'NaN', klMean: 'NaN', lossReference: 1.6001221 });
    expect(JSON.parse(text).taps.at(-3).relLinf.max).toBe('Infinity');
    expect(jsonText({ a: [Number.NEGATIVE_INFINITY, 1], b: [] })).toBe('{\n  "a": ["-Infinity", 1],\n  "b": []\n}\n');
  });
  it('keeps every digit', () => {
    const base = analysis(3);
    expect(JSON.parse(analysisJson(base)).taps).toEqual(base.taps);
  });
});

describe('summary', () => {
  it('says in words where the first value that is not finite was', () => {
    expect(firstNonFiniteText(overflowed())).toBe('layers.2.scores, sequence 0, token 5 (Infinity)');
    expect(firstNonFiniteText(analysis())).toBeUndefined();
  });
  it('names the half block that added most', () => {
    const lines = summaryLines(analysis(3));
    expect(lines.find(({ label }) => label === 'most error added by')?.text).toMatch(/^layers\.2\.mlp_residual \(/);
    expect(summaryLines(exact).some(({ label }) => label === 'most error added by')).toBe(false);
  });
});

describe('figure', () => {
  it.each([
    ['depth', analysis(4)],
    ['overflow', overflowed()],
    ['exact', exact],
    ['deep', analysis(48)],
    ['nothing', { ...analysis(1), taps: [] }],
  ] as const)('%s', async (name, what) => {
    await expect(depthFigure(what)).toMatchFileSnapshot(`__snapshots__/${name}.svg`);
  });
  it('escapes what it shows', () => {
    expect(depthFigure(hostile)).not.toContain('<script');
  });
  it('has a scale that holds every value', () => {
    for (const values of [[1e-3], [3e-300, 2e300], [5e-324], [0.02, 0.9], [Number.MAX_VALUE]]) {
      const { low, high, ticks } = logScale(values);
      expect(low).toBeGreaterThan(0);
      expect(high / low).toBeGreaterThanOrEqual(10);
      expect(ticks.length).toBeGreaterThan(1);
      for (const tick of ticks) expect(tick >= low && tick <= high).toBe(true);
    }
  });
  it('becomes a picture with text in it', () => {
    const png = svgToPng(depthFigure(analysis(2)), figureFonts());
    const bare = svgToPng(depthFigure(analysis(2)), []);
    expect(String.fromCharCode(...png.subarray(1, 4))).toBe('PNG');
    // Without fonts the letters are missing, and with them most of the picture's detail.
    expect(png.length).toBeGreaterThan(1.5 * bare.length);
  });
});

describe('tiers', () => {
  const broken = (): Analysis => {
    const { tiers, ...base } = tiered(3, 200, false);
    const none = { rootSumSquare: null, triangle: null, local: null, linear: null, rest: null };
    const because = 'a computed number is infinite or NaN';
    return {
      ...base,
      tiers: {
        points: (tiers as DepthTiers).points.map((point, i) =>
          i < 4
            ? { ...point, ...(i === 0 && { observed: 0, triangle: 0 }) }
            : { ...point, ...none, observed: Number.NaN },
        ),
        unavailable: [{ tier: 'triangle', from: 'layers.1.mlp_residual', because }],
      },
    };
  };
  it.each([
    ['tiers', tiered(4)],
    ['tiers-measured', tiered(3, 4, false)],
    ['tiers-broken', broken()],
    ['tiers-deep', tiered(48, 2)],
  ] as const)('%s', async (name, what) => {
    const svg = tiersFigure(what, what.tiers as DepthTiers);
    expect(svg).not.toMatch(/[(",]NaN|undefined/);
    await expect(svg).toMatchFileSnapshot(`__snapshots__/${name}.svg`);
  });
  it('draw lines that end at the upper edge', () => {
    const { lines, exits, scale } = tiersData(tiered(4).tiers as DepthTiers);
    expect(Math.max(...lines.map(({ y }) => y ?? 0))).toBe(scale.high);
    expect(exits.find(({ series }) => series === 'worstCase')).toEqual({
      series: 'worstCase',
      tap: 'layers.1.attn_residual',
      log10: 34,
      last: 'logits',
    });
    // Between 10^6 at position 2 and 10^10 at 3, as far up as the edge is.
    const crossing = lines.find(({ series, marked, y }) => series === 'worstCase' && !marked && y !== null);
    expect(crossing?.x).toBeCloseTo(2 + (Math.log10(scale.high) - 6) / 4, 12);
  });
  it('stand in tables as values and as multiples of the observed error', () => {
    const what = tiered(2);
    const tiers = what.tiers as DepthTiers;
    const csv = csvTable(everyColumn(what), what.taps).split('\r\n');
    const header = csv[0].split(',');
    const row = csv.find((line) => line.startsWith('layers.0.mlp_residual,'))?.split(',') as string[];
    const at = (key: string): number => Number(row[header.indexOf(key)]);
    const point = tiers.points.find(({ tap: name }) => name === 'layers.0.mlp_residual') as TierPoint;
    expect(at('condition')).toBe(point.condition);
    expect(at('relativeProductLog10')).toBe(point.relativeProductLog10);
    for (const tier of tierNames) {
      expect(at(tier)).toBe(point[tier]);
      expect(at(`${tier}_overObserved`)).toBe((point[tier] as number) / point.observed);
    }
    expect(at('worstCaseLog10')).toBe(point.worstCaseLog10);
    expect(csv.find((line) => line.startsWith('final_norm,'))).toMatch(/false,{25}$/);
    for (const columns of tierTables(tiers)) {
      const md = markdownTable(columns, tierTaps(tiers, what.taps)).split('\n');
      expect(md.length).toBe(2 + tiers.points.length + 1);
      expect(Math.max(...md.map((line) => [...line].length))).toBeLessThanOrEqual(120);
    }
  });
  it('are in the JSON as they are', () => {
    const { tiers } = tiered(2);
    expect(JSON.parse(analysisJson(tiered(2))).tiers).toEqual(tiers);
    expect(JSON.parse(analysisJson(analysis(2)))).not.toHaveProperty('tiers');
    expect(JSON.parse(analysisJson(broken())).tiers.points.at(-1)).toMatchObject({
      observed: 'NaN',
      worstCase: 'Infinity',
    });
  });
  it('are on the page, with why one is missing', () => {
    const what = broken();
    const svg = tiersFigure(what, what.tiers as DepthTiers);
    const page = htmlPage({ analysis: what, figure: '', tiersFigure: svg, manifest: '{}', unusedTensors: [] });
    expect(page).toContain('no triangle from layers.1.mlp_residual on');
    expect(page).toContain('Observed error and every tier');
  });
});

describe('page', () => {
  const page = (what: Analysis): string =>
    htmlPage({ analysis: what, figure: depthFigure(what), manifest: '{}', unusedTensors: ['<b>'] });
  it('loads nothing and runs nothing', () => {
    expect(page(hostile)).not.toMatch(/<script|<link|<img|<iframe|url\(/);
    expect(page(hostile)).toContain('&lt;b&gt;');
  });
  it('shows every tap', () => {
    for (const { tap: name } of analysis(3).taps) expect(page(analysis(3))).toContain(name);
  });
});

describe('manifest', () => {
  it('says what is needed to run it again', () => {
    const manifest = JSON.parse(
      manifestJson({
        analysis: analysis(1),
        version: '1.2.3',
        node: 'v20.19.0',
        command: ['analyze', 'models/tiny'],
        seed: null,
        files: { 'model.safetensors': 'ab', 'config.json': 'cd' },
        unusedTensors: [],
      }),
    );
    expect(manifest).toMatchObject({
      ulpwise: '1.2.3',
      seed: null,
      policy: 'bf16; *_residual: fp32',
      tokens: [[1, 5, 9, 2, 6, 5, 3, 5]],
    });
    expect(manifest.files.map(({ name }: { name: string }) => name)).toEqual(['config.json', 'model.safetensors']);
  });
});

describe('Parquet', () => {
  it('keeps every row', async () => {
    const rows: RowRecord[] = Array.from({ length: 70_000 }, (_, i) => ({
      tap: i % 2 === 0 ? 'embed' : 'layers.0.scores',
      layer: i % 2 === 0 ? null : 0,
      row: i % 2 === 0 ? [0, i] : [0, 1, i],
      sequence: 0,
      token: i,
      relLinf: i === 5 ? Number.NaN : i / 7,
      relComponentwise: i === 6 ? Number.POSITIVE_INFINITY : 0,
      absLinf: 5e-324,
      referenceNorm: 1,
    }));
    const file = rowsFile({ policy: 'bf16' });
    for (let i = 0; i < rows.length; i += 10_000) file.add(rows.slice(i, i + 10_000));
    const bytes = file.finish();
    const read = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    });
    expect(read.length).toBe(rows.length);
    for (const i of [0, 1, 5, 6, 65_535, 65_536, 69_999]) {
      const { row, ...rest } = rows[i];
      expect(read[i]).toMatchObject({ ...rest, row: [...row], head: row.length === 3 ? 1 : null });
    }
  });
});
