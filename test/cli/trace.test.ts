import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrace } from '../../src/analysis/traces/open-trace.ts';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { tapShapes } from '../../src/model/program/taps.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { parsePolicy } from '../../src/tensor/index.ts';
import { run } from '../support/run-cli.ts';
import { allTaps } from '../support/run-program.ts';

const tiny = ['--layers', '2', '--width', '8', '--heads', '2', '--vocabulary', '11'];
const decoder = () => randomDecoder({ seed: 1, positions: 128, layers: 2, width: 8, heads: 2, vocabulary: 11 });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const open = (name: string) => openTrace(nodeFolder(folder), [name], name);

describe('ulpwise trace', () => {
  it('writes every tap in its own format, with the bits of the scalar oracle', async () => {
    const policy = 'bf16; *.probs: fp32; *_residual: fp16; *.context: tf32; logits: fp64; *.query: decimal:5';
    const path = join(folder, 'a.safetensors');
    const words = ['trace', ...tiny, '--tokens', '1,2,3;4,5', '--pad', 'left', '--policy', policy, '--out', path];
    expect(await run(words)).toEqual({ code: 0, out: `${path}\n`, err: '' });
    const trace = await open('a.safetensors');
    expect(trace.metadata).toEqual({
      ...{ producer: 'ulpwise', policy },
      tokens: [
        [1, 2, 3],
        [4, 5],
      ],
      spans: [
        { start: 0, end: 3 },
        { start: 1, end: 3 },
      ],
    });
    const { specFor } = parsePolicy(policy);
    const oracle = await allTaps(decoder(), trace.metadata.tokens!, new SoftfloatArithmetic('oracle', specFor), {
      side: 'left',
      token: 0,
    });
    expect(trace.taps()).toEqual(tapShapes(decoder().config, 2, 3).map(({ tap }) => tap));
    for (const name of trace.taps()) {
      const { shape, format, values } = await trace.read(name);
      expect(format?.name, name).toBe(specFor(name).out.name);
      expect(shape, name).toEqual(oracle.get(name)?.shape);
      expect(
        values.every((x, i) => Object.is(x, oracle.get(name)?.data[i])),
        name,
      ).toBe(true);
    }
  });
  it('has the same bytes every time, on the scalar backend too', async () => {
    const files = ['b', 'c', 'd'].map((name) => join(folder, `${name}.safetensors`));
    for (const [i, path] of files.entries()) {
      const backend = ['--backend', i === 2 ? 'scalar' : 'cpu'];
      expect((await run(['trace', ...tiny, '--length', '5', ...backend, '--out', path])).code).toBe(0);
    }
    const [b, c, d] = files.map((path) => readFileSync(path));
    expect(c.equals(b)).toBe(true);
    expect(d.equals(b)).toBe(true);
  });
  it('writes chosen taps, and refuses a pattern that matches none; nothing is left behind', async () => {
    const path = join(folder, 'e.safetensors');
    const words = ['trace', ...tiny, '--length', '5', '--out', path];
    expect((await run([...words, '--taps', 'layers.1.*_residual,logits'])).code).toBe(0);
    expect((await open('e.safetensors')).taps()).toEqual(['layers.1.attn_residual', 'layers.1.mlp_residual', 'logits']);
    rmSync(path);
    const wrong = await run([...words, '--taps', 'nothing']);
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/^ulpwise: taps: expected a pattern.*\n$/) });
    expect((await run([...words, '--policy', 'bf17'])).code).toBe(2);
    expect((await run(['trace', ...tiny])).code).toBe(2);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
  it('statistics are those of the entries that count', async () => {
    const path = join(folder, 'f.json');
    const words = ['trace', ...tiny, '--tokens', '1,2,3;4,5', '--policy', 'fp16', '--stats', '--out', path];
    expect((await run(words)).code).toBe(0);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    expect(json.schema).toBe('ulpwise.trace-statistics/1');
    const oracle = await allTaps(
      decoder(),
      [
        [1, 2, 3],
        [4, 5],
      ],
      new SoftfloatArithmetic('oracle', parsePolicy('fp16').specFor),
    );
    // Right padding: the last token of the second sequence does not count.
    const data = Array.from(oracle.get('embed')!.data).slice(0, 5 * 8);
    const stats = json.taps[0];
    expect(stats).toMatchObject({
      tap: 'embed',
      shape: [2, 3, 8],
      format: 'fp16',
      entries: 40,
      infinities: 0,
      nans: 0,
    });
    expect([stats.min, stats.max, stats.magnitude.max]).toEqual([
      Math.min(...data),
      Math.max(...data),
      Math.max(...data.map(Math.abs)),
    ]);
    // 40 additions of float64 and the scaling: 50 roundings of numbers of the largest magnitude.
    const slack = 50 * 2 ** -53 * stats.magnitude.max;
    expect(Math.abs(stats.mean - data.reduce((s, x) => s + x) / 40)).toBeLessThanOrEqual(slack);
    expect(Math.abs(stats.rootMeanSquare - Math.sqrt(data.reduce((s, x) => s + x * x, 0) / 40))).toBeLessThanOrEqual(
      slack,
    );
    // Masked scores do not count: 6 visible pairs of the first sequence and 3 of the second, in two heads.
    expect(json.taps.find(({ tap }: { tap: string }) => tap === 'layers.0.scores').entries).toBe(18);
  });
});
