/**
 * Berkeley TestFloat 3e (and, for bf16 arithmetic, exact rational arithmetic: data/vectors/README.md) through the WGSL
 * operations, all formats and modes that fit in float32. ULPWISE_FULL=1 takes every case, otherwise each third, and of fused
 * multiply-adds, which take a workgroup each, one in twelve.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GpuArithmetic } from '../../../src/backends/webgpu/gpu-arithmetic.ts';
import { decode, encode, type Format, type RoundingMode } from '../../../src/formats/index.ts';
import { type OperationSpec, uniformSpec } from '../../../src/tensor/index.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { hasSharedData, needsSharedData } from '../../support/shared-data.ts';
import { VECTOR_FORMATS, VECTOR_MODES, VECTORS } from '../../support/test-float.ts';
import { TRUSTED } from './values.ts';

const FULL = process.env.ULPWISE_FULL === '1';

interface Vector {
  readonly line: string;
  readonly mode: RoundingMode;
  readonly operands: readonly number[];
  readonly expected: bigint;
}

function read(name: string): { operation: string; from: Format; to: Format; vectors: Vector[] } {
  const [from, operation, to] = name.replace('.txt.gz', '').split('_');
  const step = FULL ? 1 : operation === 'mulAdd' ? 12 : 3;
  const lines = gunzipSync(readFileSync(`${VECTORS}/${name}`))
    .toString()
    .trim()
    .split('\n');
  const vectors = lines
    .filter((_, i) => i % step === 0)
    .map((line) => {
      const [mode, ...fields] = line.split(' ').slice(0, -1);
      const codes = fields.map((hex) => BigInt(`0x${hex}`));
      const expected = codes.pop() as bigint;
      return {
        line,
        mode: VECTOR_MODES[mode],
        expected,
        operands: codes.map((code) => decode(code, VECTOR_FORMATS[from])),
      };
    });
  return { operation, from: VECTOR_FORMATS[from], to: VECTOR_FORMATS[to ?? from], vectors };
}

/** Results of an operation on columns of operands, one rounding each. */
async function results(operation: string, to: Format, mode: RoundingMode, columns: readonly Float32Array[]) {
  const n = columns[0].length;
  // A fused multiply-add is the second step of a fused chain whose first, z·1 + 0, is exact.
  const spec: OperationSpec = { ...uniformSpec(to), mode, fma: operation === 'mulAdd' };
  const device = new GpuArithmetic(to.name, () => spec, gpu!, TRUSTED);
  const lift = (shape: readonly number[], data: Float32Array) => ({ ...device.lift({ shape, data }), format: to });
  const [x, y] = columns.map((data) => lift([n], data));
  switch (operation) {
    case 'add':
      return device.lower(device.add('s', x, y));
    case 'sub':
      return device.lower(device.subtract('s', x, y));
    case 'mul':
      return device.lower(device.multiply('s', x, y));
    case 'div':
      return device.lower(device.divide('s', x, y));
    case 'sqrt':
      return device.lower(device.sqrt('s', x));
    case 'to':
      return device.lower(
        device.rowSum('s', { ...device.lift({ shape: [n, 1], data: columns[0] }), format: undefined }),
      );
    default: {
      const [a, b, c] = columns;
      const rows = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? c : a)[i >> 1]);
      const factors = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 1 : b[i >> 1]));
      return device.lower(device.matmul('s', lift([n, 1, 2], rows), lift([n, 2, 1], factors)));
    }
  }
}

describe.skipIf(gpu === undefined || !hasSharedData)(needsSharedData(needsGpu("TestFloat's results")), () => {
  const names = hasSharedData
    ? readdirSync(VECTORS).filter((name) => name.endsWith('.gz') && !name.includes('f64'))
    : [];
  it.each(names)('%s', async (name) => {
    const { operation, to, vectors } = read(name);
    const wrong: string[] = [];
    let compared = 0;
    for (const mode of Object.values(VECTOR_MODES)) {
      // A −0 addend is lost where the chain starts from +0: −0·1 + 0 is +0.
      const cases = vectors.filter((v) => v.mode === mode && !(operation === 'mulAdd' && Object.is(v.operands[2], -0)));
      if (cases.length === 0) continue;
      const columns = cases[0].operands.map((_, k) => Float32Array.from(cases, ({ operands }) => operands[k]));
      const { data } = await results(operation, to, mode, columns);
      cases.forEach(({ line, expected }, i) => {
        const bits = encode(data[i], to);
        if (bits !== expected) wrong.push(`${line}: ${bits.toString(16)}`);
      });
      compared += cases.length;
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});
