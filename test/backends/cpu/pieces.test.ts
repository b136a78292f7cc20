/** A product that does not fit in the kernels' memory at once is made in pieces, with the same bits. */
import { expect, it } from 'vitest';
import { contextOf } from '../../../src/arithmetic/softfloat.ts';
import { planSum } from '../../../src/backends/cpu/plan.ts';
import { products } from '../../../src/backends/cpu/sums.ts';
import { kernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { formats } from '../../../src/formats/index.ts';
import { uniformSpec } from '../../../src/tensor/index.ts';
import { numbers } from './numbers.ts';

it.each(['fp32', 'fp16', 'fp64'] as const)('%s: pieces of 1 KiB and of all', (name) => {
  const spec = { ...uniformSpec(formats[name]), a: formats[name], b: formats[name] };
  const [batches, m, n, k] = [4, 5, 37, 9];
  const plan = planSum(spec, k)!;
  const rounding = name === 'fp16' ? contextOf(spec, formats.fp16) : undefined;
  const a = { data: numbers('ordinary', 3, batches * m * k, formats.fp32), rounding };
  const b = { data: numbers('ordinary', 4, 2 * n * k, formats.fp32), rounding };
  const shape = { m, n, k, batches, batchOfB: (batch: number) => Math.floor(batch / 2) };
  for (const transposed of [false, true]) {
    const finished: number[] = [];
    const finish = (_: number, rows: number, __: number, column: number): void => void finished.push(rows, column);
    const what = { plan, spec, shape, transposed, mask: undefined, finish };
    const whole = products(kernelMemory(), a, b, what);
    const callsOfWhole = finished.length;
    expect(products(kernelMemory(), a, b, what, 1024)).toEqual(whole);
    expect(finished.length - callsOfWhole).toBeGreaterThan(callsOfWhole);
  }
});
