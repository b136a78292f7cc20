import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/run-cli.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

describe('ulpwise diff --explain', () => {
  it.each([
    [['--explain', 'x', '--first'], /--first: expected without --explain, got both/],
    [['--explain', 'x', '--producer', 'caffe'], /--producer: expected ulpwise, pytorch, unknown, got 'caffe'/],
    [['--explain', 'x'], /nowhere: expected a trace, got nothing there/],
  ])('%j: one line, exit code 2', async (words, message) => {
    const { code, err } = await run(['diff', 'nowhere', 'nowhere', ...words]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describe.skipIf(!hasSharedData)(needsSharedData('ulpwise diff --explain, gpt-nano-sort against PyTorch'), () => {
  const checkpoint = resolve(sharedData, 'gpt-nano-sort');
  const theirs = join(checkpoint, 'pytorch-fp32-trace.safetensors');
  let folder: string;
  let ours: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ulpwise-'));
    ours = join(folder, 'ours.safetensors');
    const tokens: number[][] = JSON.parse(readFileSync(join(checkpoint, 'tokens.json'), 'utf8'));
    const words = ['trace', checkpoint, '--tokens', tokens.join(';'), '--policy', 'fp32', '--out', ours];
    expect((await run(words)).code).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is expected; exit code 0; the table says what was inherited and what was added', async () => {
    const { code, out, err } = await run(['diff', ours, theirs, '--explain', checkpoint]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('- verdict: expected\n');
    expect(out).toMatch(/- B: .*pytorch-fp32-trace\.safetensors \(pytorch, fp32; order=lanes\(8\), bias=fused\)\n/);
    expect(out).toMatch(/\| layers\.0\.attn_residual +\| +[\d.e-]+ \| +[\d.e-]+ \| +0 \| +0 \| +bits \|/);
  });
  it('a wrong number is named; exit code 1, in JSON too', async () => {
    const bytes = readFileSync(theirs);
    // The last number of the file is one of the last tap, the logits.
    bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) * 1.001, bytes.length - 4);
    const wrong = join(folder, 'wrong.safetensors');
    writeFileSync(wrong, bytes);
    const json = join(folder, 'explained.json');
    const words = ['diff', ours, wrong, '--explain', checkpoint];
    expect((await run([...words, '--json', json])).code).toBe(1);
    const { code, out } = await run([...words, '--json', '-']);
    expect(code).toBe(1);
    expect(out).toBe(readFileSync(json, 'utf8'));
    const found = JSON.parse(out);
    expect(Object.keys(found)).toEqual(['schema', 'verdict', 'tap', 'side', 'evidence', 'sides', 'taps']);
    expect(found).toMatchObject({ schema: 'ulpwise.explain/1', verdict: 'bug', tap: 'logits', side: 'B' });
    expect(found.evidence).toMatch(/^1 of 99 entries; the worst at \[2,10,2\]: recorded .* times what rounding can do/);
  });
});
