import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/run-cli.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';
import { bytesOf, npy, npz } from '../support/trace-files.ts';

const tiny = ['--layers', '2', '--width', '8', '--heads', '2', '--vocabulary', '11', '--tokens', '1,2,3'];
let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
  for (const [name, policy] of Object.entries({ a: 'bf16', b: 'bf16; layers.1.*: order=pairwise', c: 'fp16' })) {
    expect((await run(['trace', ...tiny, '--policy', policy, '--out', at(`${name}.safetensors`)])).code).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ulpwise diff', () => {
  it('says so where everything is the same', async () => {
    const { code, out, err } = await run(['diff', at('a.safetensors'), at('a.safetensors')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/- taps: 31 compared, 31 the same, 0 of other numbers or shapes/);
    expect(out).not.toContain('first difference');
  });
  it('names the first tap that differs, with index and both numbers; exit code 0', async () => {
    const { code, out } = await run(['diff', at('a.safetensors'), at('b.safetensors'), '--first']);
    expect(code).toBe(0);
    expect(out).toMatch(/- first difference: layers\.1\.\w+ at \[[\d,]+\]: -?[\d.e-]+ \| -?[\d.e-]+/);
    const rows = out.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| tap'));
    expect(rows.slice(1, -1).every((row) => /\| yes +\|/.test(row))).toBe(true);
    expect(rows.at(-1)).toMatch(/\| no +\|/);
  });
  it('JSON and CSV hold every number; the same bytes every time', async () => {
    const words = ['diff', at('a.safetensors'), at('c.safetensors')];
    const json = at('d.json');
    expect((await run([...words, '--json', json])).code).toBe(0);
    expect((await run([...words, '--json', '-'])).out).toBe(readFileSync(json, 'utf8'));
    const diff = JSON.parse(readFileSync(json, 'utf8'));
    expect(Object.keys(diff)).toEqual([
      ...['schema', 'identical', 'firstDifference', 'a', 'b', 'pairs', 'taps', 'onlyInA', 'onlyInB'],
    ]);
    expect(diff).toMatchObject({
      schema: 'ulpwise.diff/1',
      identical: false,
      a: { policy: 'bf16', tokens: [[1, 2, 3]] },
    });
    expect(diff.taps[0].difference.ulps.format).toBe('bf16');
    const csv = (await run([...words, '--table', 'csv'])).out.split('\r\n');
    expect(csv[0].startsWith('tap,layer,shapeA,shapeB,formatA,formatB,identical,entries,differing')).toBe(true);
    expect(csv).toHaveLength(diff.taps.length + 2);
  });
  it('--report writes one page that loads nothing', async () => {
    const page = at('page.html');
    const words = ['diff', at('a.safetensors'), at('b.safetensors'), '--report', page];
    expect((await run(words)).code).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('first difference');
    expect(html.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|<script|src=/);
    const again = at('again.html');
    expect((await run([...words.slice(0, -1), again])).code).toBe(0);
    expect(readFileSync(again, 'utf8')).toBe(html);
  });
  it('reads NumPy archives and folders, with a name map', async () => {
    const numbers = bytesOf(Float32Array.of(1, 2, 3, 4));
    writeFileSync(
      at('x.npz'),
      npz({ wte: npy('<f4', [1, 2, 2], numbers), extra: npy('<f4', [1], numbers.subarray(4, 8)) }),
    );
    mkdirSync(at('y'));
    writeFileSync(join(at('y'), 'embed.npy'), npy('<f8', [1, 2, 2], bytesOf(Float64Array.of(1, 2, 3, 4))));
    writeFileSync(at('map.json'), '{"taps":{"wte":"embed"}}');
    const { code, out } = await run(['diff', at('x.npz'), at('y'), '--map-a', at('map.json')]);
    expect(code).toBe(0);
    expect(out).toMatch(/\| embed \| 1×2×2 \| fp32 \\\| fp64 \| yes/);
    expect(out).toContain('- only in A: extra');
  });
  it.each([
    [
      'nothing there',
      ['missing.safetensors', 'a.safetensors'],
      /missing\.safetensors: expected a trace, got nothing there/,
    ],
    ['another file', ['map.json', 'a.safetensors'], /ends with \.safetensors, \.npz or \.npy, got "map\.json"/],
    ['no common tap', ['x.npz', 'a.safetensors'], /expected taps that both traces have/],
    ['a wrong map', ['x.npz', 'a.safetensors', '--map-a', 'a.safetensors'], /expected JSON/],
    ['an option', ['a.safetensors', 'b.safetensors', '--pad', 'both'], /--pad: expected left, right/],
    ['one trace only', ['a.safetensors'], /missing required argument/],
  ])('%s: exit code 2 and one line', async (_, words, message) => {
    const paths = words.map((word) => (/\.|^y$/.test(word) ? at(word) : word));
    const { code, out, err } = await run(['diff', ...paths]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^ulpwise: .*\n$/);
    expect(err).toMatch(message);
  });
  it('leaves no output behind where a trace is damaged', async () => {
    const bytes = readFileSync(at('a.safetensors'));
    writeFileSync(at('cut.safetensors'), bytes.subarray(0, bytes.length - 1));
    const words = ['diff', at('a.safetensors'), at('cut.safetensors'), '--json', at('none.json')];
    expect((await run([...words, '--report', at('none.html')])).code).toBe(2);
    expect(existsSync(at('none.json')) || existsSync(at('none.html'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe.skipIf(!hasSharedData)(needsSharedData('ulpwise diff of PyTorch and our own run'), () => {
  const checkpoint = resolve(sharedData, 'gpt-nano-sort');
  it('gpt-nano-sort in float32: the embedding is the same to the bit, every other tap within 2e-6', async () => {
    const tokens = JSON.parse(readFileSync(resolve(checkpoint, 'tokens.json'), 'utf8')) as number[][];
    const words = ['trace', checkpoint, '--tokens', tokens.map((row) => row.join()).join(';'), '--policy', 'fp32'];
    expect((await run([...words, '--out', at('ours.safetensors')])).code).toBe(0);
    const theirs = resolve(checkpoint, 'pytorch-fp32-trace.safetensors');
    const compared = ['diff', theirs, at('ours.safetensors'), '--orders', checkpoint];
    const { code, out } = await run([...compared, '--json', '-', '--report', at('orders.html')]);
    expect(code).toBe(0);
    const diff = JSON.parse(out);
    // PyTorch fused its multiplications and additions; our fp32 does not. Only block 0 was recorded there.
    expect(
      diff.orders.a.map(({ matches }: { matches: string[] }) => /^order=sequential, fma=on/.test(matches[0])),
    ).toEqual(new Array(8).fill(true));
    expect(diff.orders.b).toHaveLength(3 * 7 + 1);
    expect(
      diff.orders.b.every(({ matches }: { matches: string[] }) =>
        /^order=sequential, accumulate=fp32/.test(matches[0]),
      ),
    ).toBe(true);
    expect(readFileSync(at('orders.html'), 'utf8')).toContain('Orders of summation');
    expect(diff.a.producer).toBe('pytorch');
    expect(diff.taps).toHaveLength(19);
    expect(diff.firstDifference).toBe('layers.0.input_norm');
    expect(diff.onlyInB).toHaveLength(3 * 14 + 3 - 19);
    for (const { tap, difference } of diff.taps) {
      expect(difference.ulps.format).toBe('fp32');
      // The distance that the trace keeps from float64, and as much again for our own float32.
      expect(difference.absLinf.max, tap).toBeLessThan(4e-6);
    }
    // 3 sequences of 11 tokens, 3 heads, of the masked scores the lower triangle.
    expect(diff.taps.find(({ tap }: { tap: string }) => tap === 'layers.0.scores').difference.entries).toBe(3 * 3 * 66);
  });
});
