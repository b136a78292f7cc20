import { describe, expect, it } from 'vitest';
import { allColumns, shortColumns } from '../../src/report/analysis-table.ts';
import { digitsOf, exactNumber, shortNumber } from '../../src/report/numbers.ts';
import { depthTaps } from '../../src/report/select.ts';
import { type Column, csvTable, htmlTable, latexTable, markdownTable } from '../../src/report/table.ts';
import { csvField, htmlText, latexText, markdownText, plainLine } from '../../src/report/text.ts';
import { analysis, overflowed } from './example.ts';

interface Row {
  readonly name: string;
  readonly x: number | null;
  readonly n: number;
  readonly ok: boolean;
}
const columns: Column<Row>[] = [
  { key: 'name', header: 'name', align: 'left', value: (r) => r.name },
  { key: 'x', header: 'x', unit: 'nats', align: 'right', value: (r) => r.x },
  { key: 'n', header: 'n', align: 'right', form: 'integer', value: (r) => r.n },
  { key: 'ok', header: 'ok', align: 'left', value: (r) => r.ok },
];
const rows: Row[] = [
  { name: 'a|b_c', x: 0.000123456, n: 7, ok: true },
  { name: 'x, "y"', x: null, n: 12345, ok: false },
  { name: '<50 % & #1>', x: Number.POSITIVE_INFINITY, n: 0, ok: true },
  { name: 'nan', x: Number.NaN, n: -3, ok: false },
];

describe('numbers', () => {
  it.each([
    [0, 'scientific', '0'],
    [1, 'scientific', '1.00e0'],
    [0.0039062, 'scientific', '3.91e-3'],
    [123456, 'scientific', '1.23e5'],
    [-0.5, 'fixed', '-0.500'],
    [65504, 'fixed', '65504'],
    [99.96, 'fixed', '100'],
    [1e-5, 'fixed', '1.00e-5'],
    [1e6, 'fixed', '1.00e6'],
    [12345678, 'integer', '12345678'],
    [Number.NaN, 'fixed', 'NaN'],
    [Number.NEGATIVE_INFINITY, 'scientific', '-inf'],
  ] as const)('%f as %s is %s', (x, form, text) => {
    expect(shortNumber(x, form)).toBe(text);
  });
  it('read back in full', () => {
    for (const x of [0.1, -0, 5e-324, 1.7976931348623157e308]) expect(Object.is(Number(exactNumber(x)), x)).toBe(true);
    expect(digitsOf(1.6001221, 8)).toBe('1.6001221');
  });
});

describe('text of others', () => {
  it('is made safe for each form', () => {
    expect(markdownText('a|b`c<')).toBe('a\\|b\\`c\\<');
    expect(latexText('50% of a_b & {c} ~ ^ \\x')).toBe(
      '50\\% of a\\_b \\& \\{c\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{}x',
    );
    expect(htmlText('<a href="x">\'&')).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;');
    expect(csvField('a,"b"')).toBe('"a,""b"""');
    expect(plainLine('a\u001b[31m\nb\u202e')).toBe('a\ufffd[31m b\ufffd');
  });
});

describe('tables', () => {
  it('line up as Markdown', () => {
    expect(markdownTable(columns, rows)).toBe(
      [
        '| name         | x [nats] |     n | ok  |',
        '| :----------- | -------: | ----: | :-- |',
        '| a\\|b_c       |  1.23e-4 |     7 | yes |',
        '| x, "y"       |        – | 12345 | no  |',
        '| \\<50 % & #1> |      inf |     0 | yes |',
        '| nan          |      NaN |    -3 | no  |',
        '',
      ].join('\n'),
    );
  });
  it('are booktabs in LaTeX', () => {
    const text = latexTable(columns, rows);
    expect(text).toContain('\\begin{tabular}{lrrl}\n  \\toprule\n  name & x [nats] & n & ok \\\\\n  \\midrule\n');
    expect(text).toContain('  a\\textbar{}b\\_c & $1.23\\times10^{-4}$ & 7 & yes \\\\\n');
    expect(text).toContain(' & $\\infty$ & 0 & yes');
    expect(text).toContain('nan & NaN & $-3$ & no');
    expect(text.endsWith('  \\bottomrule\n\\end{tabular}\n')).toBe(true);
  });
  it('have every digit in CSV', () => {
    expect(csvTable(columns, rows)).toBe(
      'name,x,n,ok\r\na|b_c,0.000123456,7,true\r\n"x, ""y""",,12345,false\r\n<50 % & #1>,Infinity,0,true\r\nnan,NaN,-3,false\r\n',
    );
  });
  it('are escaped in HTML', () => {
    const text = htmlTable(columns, rows);
    expect(text).toContain('&lt;50 % &amp; #1&gt;');
    expect(text).toContain('data-value="0.000123456"');
  });
});

describe('the table of an analysis', () => {
  it('fits 120 columns and shows the depth', () => {
    const text = markdownTable(shortColumns, depthTaps(analysis(12)));
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(120);
    expect(text.split('\n').length).toBe(2 + 1 + 24 + 2 + 1);
  });
  it('shows overflows', () => {
    expect(markdownTable(shortColumns, depthTaps(overflowed()))).toMatch(
      /layers\.2\.attn_residual \| +NaN \| +inf \| +NaN/,
    );
  });
  it('has all quantiles of every tap in CSV', () => {
    const [header, first] = csvTable(allColumns, analysis().taps).split('\r\n');
    expect(header.split(',').filter((key) => key.startsWith('relLinf_')).length).toBe(6);
    expect(first.split(',').length).toBe(header.split(',').length);
  });
});
