import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSafetensors } from '../../src/model/checkpoint/safetensors.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { run } from '../support/run-cli.ts';

const tiny = ['--layers', '1', '--width', '8', '--heads', '2', '--vocabulary', '11'];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ulpwise analyze', () => {
  it('prints a summary and the depth table of a random decoder', async () => {
    const { code, out, err } = await run(['analyze', ...tiny, '--length', '6', '--batch', '2']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/- policy: bf16/);
    expect(out).toMatch(/- tokens: 2 sequences of 6/);
    expect(out.match(/^\| [a-z][^|]*/gm)?.map((cell) => cell.slice(2).trim())).toEqual([
      'tap',
      'embed',
      'layers.0.attn_residual',
      'layers.0.mlp_residual',
      'final_norm',
      'logits',
    ]);
  });
  it('has the same bytes every time', async () => {
    const words = ['analyze', ...tiny, '--length', '5', '--json', '-', '--style', 'llama'];
    expect((await run(words)).out).toBe((await run(words)).out);
  });
  it('prints diagnostics and formulas, and refuses a wrong one', async () => {
    const words = ['analyze', ...tiny, '--length', '6'];
    const plain = await run(words);
    const { code, out, err } = await run([...words, '--formula', 'mine = u*kappa_val', '--formula', 'two = 2*u']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.startsWith(plain.out)).toBe(true);
    expect(out).toMatch(/\| layer \|.* observed_rank \| +mine \| +two \|/);
    expect(out).not.toContain('Heads:');
    expect((await run([...words, '--diagnostics'])).out).not.toContain('mine');
    expect((await run([...words, '--per-head'])).out).toContain('Heads:');
    expect((await run([...words, '--diagnostics', '--per-head'])).out).toBe((await run([...words, '--per-head'])).out);
    const wrong = await run([...words, '--formula', 'mine = u*kapa']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(
      /^ulpwise: formula 'mine = u\*kapa': expected a known name, got 'kapa'; .*\(at character 10\)\n$/,
    );
    const twice = await run([...words, '--formula', 'mine = u', '--formula', 'mine = n']);
    expect(twice).toMatchObject({ code: 2, err: "ulpwise: formula: expected a name for each, got 'mine' twice\n" });
    // What stands behind the flag is the checkpoint.
    const path = join(folder, 'no-such-checkpoint');
    const after = await run(['analyze', '--diagnostics', path]);
    expect(after).toEqual(await run(['analyze', path, '--diagnostics']));
    expect(after.code).toBe(2);
    expect(after.err).toContain('no-such-checkpoint');
  });
  it('writes JSON in the documented form', async () => {
    const path = join(folder, 'analysis.json');
    const words = ['analyze', ...tiny, '--tokens', '1,5,9;2,3', '--pad', 'left', '--pad-token', '4', '--json', path];
    expect((await run(words)).code).toBe(0);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.keys(json).slice(0, 7)).toEqual([
      'schema',
      'model',
      'policy',
      'reference',
      'tokens',
      'taps',
      'output',
    ]);
    expect(json).toMatchObject({
      schema: 'ulpwise.analysis/1',
      tokens: [
        [1, 5, 9],
        [2, 3],
      ],
      pad: { side: 'left', token: 4 },
    });
    expect(Object.keys(json.taps[0])).toEqual(
      ['tap', 'layer', 'shape', 'relFrobenius', 'added', 'inherited', 'relLinf', 'relComponentwise', 'absLinf'].concat([
        'minRowNorm',
        'nonFinite',
        'flagged',
      ]),
    );
    expect(Object.keys(json.output)).toEqual(['lossReference', 'lossComputed', 'klMean', 'argmaxFlips', 'minMargin']);
  });
  it('writes numbers that are not finite as strings', async () => {
    const words = [
      'analyze',
      ...tiny,
      '--embedding-scale',
      '1000000',
      '--policy',
      'fp16',
      '--length',
      '3',
      '--json',
      '-',
    ];
    const { code, out } = await run(words);
    expect(code).toBe(0);
    const json = JSON.parse(out);
    expect(json.firstNonFinite).toMatchObject({ sequence: 0, value: expect.stringMatching(/^(NaN|-?Infinity)$/) });
    expect(json.taps.at(-1).relFrobenius).toBe('NaN');
    const table = await run(words.slice(0, -2));
    expect(table.out).toMatch(/first non-finite value: \S+, sequence 0, token \d \(/);
  });
  it('dumps every tap, computed and reference', async () => {
    const words = ['analyze', ...tiny, '--length', '4', '--json', '-', '--dump', join(folder, 'computed.safetensors')];
    const { out } = await run([...words, '--dump-reference', join(folder, 'reference.safetensors')]);
    const source = nodeFolder(folder);
    const computed = await openSafetensors(source, 'computed.safetensors');
    const reference = await openSafetensors(source, 'reference.safetensors');
    expect([...computed.tensors.keys()]).toEqual([...reference.tensors.keys()]);
    const [low, high] = [await computed.read('layers.0.scores'), await reference.read('layers.0.scores')];
    expect(low.shape).toEqual([1, 2, 4, 4]);
    expect(low.data).toBeInstanceOf(Float32Array);
    expect(high.data).toBeInstanceOf(Float64Array);
    expect(low.data[1]).toBe(Number.NEGATIVE_INFINITY);
    // The errors of the JSON are those of the dumps.
    for (const { tap, relFrobenius } of JSON.parse(out).taps) {
      if (tap.endsWith('.scores')) continue;
      const [a, b] = [(await computed.read(tap)).data, (await reference.read(tap)).data];
      const errors = Array.from(a, (x, i) => x - b[i]);
      expect(Math.hypot(...errors) / Math.hypot(...b), tap).toBeCloseTo(relFrobenius, 14);
    }
  });
  it('dumps float64 where a format does not fit in float32', async () => {
    const path = join(folder, 'wide.safetensors');
    expect(
      (await run(['analyze', ...tiny, '--length', '3', '--policy', 'bf16; logits: fp64', '--dump', path])).code,
    ).toBe(0);
    const dump = await openSafetensors(nodeFolder(folder), 'wide.safetensors');
    expect([...dump.tensors.values()].map(({ dtype }) => dtype)).toEqual(new Array(dump.tensors.size).fill('F64'));
  });
  it('writes a report whose parts agree', async () => {
    const path = join(folder, 'new', 'report');
    const { code, out } = await run(['analyze', ...tiny, '--length', '6', '--report', path]);
    expect(code).toBe(0);
    expect(out).toContain(join(path, 'index.html'));
    expect(readdirSync(path).sort()).toEqual(
      ['analysis.json', 'depth.png', 'depth.svg', 'index.html', 'manifest.json', 'rows.parquet'].concat([
        'table.csv',
        'table.md',
        'table.tex',
      ]),
    );
    const analysis = JSON.parse(readFileSync(join(path, 'analysis.json'), 'utf8'));
    const bytes = readFileSync(join(path, 'rows.parquet'));
    const rows = await parquetReadObjects({
      file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    });
    for (const { tap, relLinf } of analysis.taps) {
      const errors = rows.filter((row) => row.tap === tap).map((row) => row.relLinf as number);
      expect(Math.max(...errors), tap).toBe(relLinf.max);
    }
    expect(JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'))).toMatchObject({ seed: 1, policy: 'bf16' });
    const page = readFileSync(join(path, 'index.html'), 'utf8');
    expect(page).toContain('layers.0.attn_residual');
    expect(page).not.toMatch(/<script|<link|https?:\/\/(?!www\.w3\.org)/);
    expect(readFileSync(join(path, 'depth.png')).subarray(1, 4).toString()).toBe('PNG');
    // A second run over the first gives the same bytes.
    const before = readdirSync(path).map((name) => readFileSync(join(path, name)).toString('base64'));
    await run(['analyze', ...tiny, '--length', '6', '--report', path]);
    expect(readdirSync(path).map((name) => readFileSync(join(path, name)).toString('base64'))).toEqual(before);
  });
  it('prints the tiers and writes them into the report', async () => {
    const path = join(folder, 'tiers');
    const { code, out } = await run(['analyze', ...tiny, '--length', '6', '--tiers', '--report', path]);
    expect(code).toBe(0);
    expect(out).toMatch(/^\| tap .*\| rss × \| triangle × \|/m);
    expect(out).toMatch(/^- triangle: first order: /m);
    for (const name of ['tiers.md', 'tiers.tex', 'tiers.svg', 'tiers.png']) expect(readdirSync(path)).toContain(name);
    const { tiers } = JSON.parse(readFileSync(join(path, 'analysis.json'), 'utf8'));
    expect(tiers.points.at(-1)).toMatchObject({ tap: 'logits', layer: null });
    const before = readdirSync(path).map((name) => readFileSync(join(path, name)).toString('base64'));
    await run(['analyze', ...tiny, '--length', '6', '--tiers', '--report', path]);
    expect(readdirSync(path).map((name) => readFileSync(join(path, name)).toString('base64'))).toEqual(before);
    const latex = (await run(['analyze', ...tiny, '--length', '6', '--tiers', '--table', 'latex'])).out;
    expect(latex.match(/\\begin\{tabular\}/g)?.length).toBe(3);
  });
  it.each(['latex', 'csv'])('prints only the table as %s', async (form) => {
    const { out } = await run(['analyze', ...tiny, '--length', '3', '--table', form, '--taps', '*.probs']);
    expect(out).toMatch(form === 'latex' ? /^\\begin\{tabular\}[\s\S]*\\end\{tabular\}\n$/ : /^tap,layer,shape,/);
    expect(out.match(/layers/g)?.length).toBe(1);
  });
  it('shows progress on a terminal, and takes it away', async () => {
    const { err } = await run(['analyze', ...tiny, '--length', '3'], true);
    expect(err).toMatch(/%, \d+ s to go/);
    expect(err.endsWith('\r\x1b[K')).toBe(true);
  });
});

describe('ulpwise formats', () => {
  it('prints every named format and those asked for', async () => {
    const { out } = await run(['formats', 'e3m4']);
    for (const name of ['fp64', 'bf16', 'e4m3', 'e2m1', 'e3m4']) expect(out).toContain(`| ${name} `);
    expect(JSON.parse((await run(['formats', '--json'])).out)).toContainEqual(
      expect.objectContaining({ name: 'e4m3', largest: 448, infinities: false }),
    );
  });
});

describe('help and errors', () => {
  it.each([[[]], [['--help']], [['analyze', '--help']], [['formats', '--help']], [['--version']]])(
    '%j ends well',
    async (words) => {
      const { code, out, err } = await run(words);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out.length).toBeGreaterThan(4);
    },
  );
  const errors: [string, RegExp][] = [
    ['analyz', /unknown command 'analyz' \(Did you mean analyze\?\)/],
    ['analyze a b', /too many arguments/],
    ['analyze --polcy x', /unknown option '--polcy' \(Did you mean --policy\?\)/],
    ['analyze --policy', /argument missing/],
    ['analyze --policy bf17', /policy: expected a format/],
    ['analyze --policy bf16;nothing:fp32', /expected a pattern that matches a site, got 'nothing'/],
    ['analyze --reference exact', /reference: expected float64/],
    ['analyze --weights none', /--weights: expected original, rounded, got 'none'/],
    ['analyze --tokens 1,x', /--tokens: expected integers/],
    ['analyze --tokens 1;;2', /--tokens: expected integers/],
    ['analyze --tokens 1,512', /token: expected an integer from 0 to 511, got 512/],
    ['analyze --tokens 1 --file x', /expected one of --text, --tokens and --file, got --tokens and --file/],
    ['analyze --tokens 1 --batch 2', /--batch: expected only with/],
    ['analyze --text words', /--text: expected a checkpoint with a tokenizer/],
    ['analyze --length 0', /--length: expected an integer of at least 1, got '0'/],
    ['analyze --length 1e3', /--length: expected an integer/],
    ['analyze --heads 3', /heads: expected a divisor of the width 128, got 3/],
    ['analyze --pad middle', /--pad: expected left, right/],
    ['analyze --table html', /--table: expected md, latex, csv/],
    ['analyze --taps nothing', /taps: expected a pattern that matches a tap/],
    ['analyze --query-key-gain 0', /--query-key-gain: expected a number above 0/],
    ['analyze /nowhere --tokens 1', /\/nowhere: expected a folder with a checkpoint/],
    ['analyze /nowhere --layers 2', /--layers: expected without a checkpoint only/],
    ['analyze --json /nowhere/x.json', /--json: expected a file in an existing folder/],
    ['analyze --length 100000', /tokens: expected taps of at most/],
    ['analyze --batch 1000000000', /--length and --batch: expected at most/],
    ['formats e1m1', /format: expected/],
    ['formats --table html', /--table: expected/],
  ];
  it.each(errors)('%s: one line, exit code 2', async (line, message) => {
    const { code, out, err } = await run(line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err).toMatch(/^ulpwise: [^\n]*\n$/);
  });
  it('leaves nothing behind when it stops', async () => {
    const place = join(folder, 'empty');
    mkdirSync(place);
    for (const stray of [
      ['--tokens', '1,2,99'],
      ['--taps', 'nothing'],
      ['--length', '3', '--json', join(place, 'x')],
    ]) {
      const outputs = [
        '--dump',
        join(place, 'x'),
        '--dump-reference',
        join(place, 'y'),
        '--report',
        join(place, 'a', 'b'),
      ];
      expect((await run(['analyze', ...tiny, ...stray, ...outputs])).code).toBe(2);
      expect(readdirSync(place)).toEqual([]);
    }
  });
  it('refuses to write two outputs to one file, and options without a value', async () => {
    const path = join(folder, 'same');
    const same = await run(['analyze', '--json', path, '--dump', `${folder}/./same`]);
    expect(same).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--dump: expected another file than that of --json/),
    });
    expect((await run(['analyze', '--json', ''])).err).toMatch(/--json: expected the name of a file/);
    expect((await run(['analyze', '--report', ''])).err).toMatch(/--report: expected the name of a folder/);
  });
  it('refuses a checkpoint folder without its files, by name', async () => {
    const place = join(folder, 'no-model');
    mkdirSync(place);
    expect((await run(['analyze', place, '--tokens', '1'])).err).toMatch(/config\.json/);
    writeFileSync(join(place, 'config.json'), '{"model_type": "mamba"}');
    expect((await run(['analyze', place, '--tokens', '1'])).err).toMatch(/mamba/);
    expect(existsSync(join(place, 'x'))).toBe(false);
  });
});
