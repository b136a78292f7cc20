import { describe, expect, it } from 'vitest';
import { CpuArithmetic } from '../../src/backends/cpu/cpu-arithmetic.ts';
import type { backends } from '../../src/cli/backends.ts';
import type { Io } from '../../src/cli/io.ts';
import { runProbe } from '../../src/cli/probe.ts';
import { runCli } from '../../src/cli/program.ts';
import { formats } from '../../src/formats/index.ts';

function recorded(): { io: Io; written: { out: string; err: string } } {
  const written = { out: '', err: '' };
  const io = {
    stdout: (text: string) => {
      written.out += text;
    },
    stderr: (text: string) => {
      written.err += text;
    },
    terminal: false,
    now: () => 0,
  } as unknown as Io;
  return { io, written };
}

async function run(line: string): Promise<{ code: number; out: string; err: string }> {
  const { io, written } = recorded();
  return { code: await runCli(line.split(' '), io), ...written };
}

describe('ulpwise probe', () => {
  it('prints what was measured beside what is declared', async () => {
    const { code, out, err } = await run('probe --formats bf16,e4m3');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^- arithmetic: cpu\n- measured as declared: (\d+) of \1 properties\n/);
    expect(out).toMatch(
      /\| order of matmul +\| order=lanes\(8\) +\| lanes\(8\) +\| lanes\(8\) +\| bf16 e4m3 +\| +18 \| yes/,
    );
    expect(out).not.toMatch(/\| no +\|/);
  });
  it('as JSON', async () => {
    const { code, out } = await run('probe --backend scalar --formats bf16 --json');
    const json = JSON.parse(out);
    expect({ code, ...json }).toMatchObject({ code: 0, schema: 'ulpwise.probe/1', arithmetic: 'scalar', agrees: true });
    expect(json.findings).toContainEqual({
      ...{ property: 'overflow', format: 'bf16', policy: 'bf16; overflow=saturate' },
      ...{ declared: 'saturate', measured: 'saturate', agrees: true, cases: 13 },
    });
  });
  it('says no, and shows the difference, where a backend is not as declared', async () => {
    const { io, written } = recorded();
    const make: (typeof backends)['cpu'] = (spec) =>
      new CpuArithmetic('broken', () => ({ ...spec, subnormals: 'flush' })) as ReturnType<(typeof backends)['cpu']>;
    expect(await runProbe(make, { formats: [formats.fp16], table: 'csv' }, io)).toBe(false);
    expect(written.out).toMatch(/^property,options,declared,measured,formats,cases,agrees\r\n/);
    expect(written.out).toMatch(/subnormal results,,keep,.*= 0, not .*false\r\n/);
    expect(written.out).toMatch(/subnormal results,subnormals=flush,flush,flush,fp16,12,true\r\n/);
  });
  it.each([
    ['probe --backend tpu', /--backend: expected cpu, scalar, webgpu, auto, got 'tpu'/],
    ['probe --formats bf16,fp8', /--formats: expected some of fp64, .* got 'fp8'/],
    ['probe --table html', /--table: expected/],
    ['probe model', /too many arguments/],
  ])('%s: one line, exit code 2', async (line, message) => {
    const { code, out, err } = await run(line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });
});
