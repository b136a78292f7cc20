/** Double-double products on the kernels have the bits of the TypeScript ones, for any pieces and number of threads. */
import { afterEach, describe, expect, it } from 'vitest';
import { matmulShape } from '../../../src/arithmetic/axes.ts';
import { doubleDoubleProducts, type Source } from '../../../src/arithmetic/double-double-products.ts';
import { doubleDoubleKernels } from '../../../src/backends/cpu/double-double-products.ts';
import { KernelMemory } from '../../../src/backends/cpu/wasm.ts';
import { nodeWorkers } from '../../../src/platform/node-workers.ts';
import type { DD } from '../../../src/softfloat/double-double.ts';
import { words } from './numbers.ts';

const memories: KernelMemory[] = [];
afterEach(() => {
  for (const memory of memories.splice(0)) memory.pool()?.stop();
});

function memoryWith(threads: number): KernelMemory {
  const memory = new KernelMemory({ workers: () => ({ ...nodeWorkers, threads }), taskSize: 1 });
  memories.push(memory);
  return memory;
}

/** Numbers of any bits between 2^-300 and 2^300, near 1 more often, and zeros of both signs; `last` stands at the end. */
function source(seed: number, length: number, last?: number): Source {
  const next = words(seed);
  const float64 = (): number => {
    const u = next();
    if (u % 16 === 0) return u & 256 ? 0 : -0;
    const exponent = u % 3 === 0 ? (next() % 601) - 300 : (next() % 9) - 4;
    return (u & 512 ? -1 : 1) * (1 + (next() * 2 ** 20 + (next() >>> 12)) / 2 ** 52) * 2 ** exponent;
  };
  const numbers = Array.from({ length }, (): DD => {
    const hi = float64();
    return { hi, lo: next() % 4 === 0 ? 0 : hi * (next() / 2 ** 32 - 0.5) * 2 ** -53 };
  });
  if (last !== undefined) numbers[length - 1] = { hi: last, lo: 0 };
  return { length, hi: (i) => numbers[i].hi, lo: (i) => numbers[i].lo };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);

const sizes: readonly (readonly [readonly number[], readonly number[], boolean])[] = [
  [[1, 1], [1, 1], false],
  [[3, 5], [5, 7], false],
  [[5, 9], [17, 9], true],
  [[8, 20], [20, 16], false],
  [[2, 4, 3, 6], [2, 2, 6, 9], false],
  [[2, 4, 3, 6], [2, 2, 11, 6], true],
];

describe('double-double products on the kernels', () => {
  it.each([1, 2, 3])('%i threads', (threads) => {
    const memory = memoryWith(threads);
    let seed = 1;
    for (let round = 0; round < 20; round++) {
      for (const [left, right, transposed] of sizes) {
        const [a, b] = [source(seed++, sizeOf(left)), source(seed++, sizeOf(right))];
        const shape = matmulShape(left, right, transposed);
        const expected = doubleDoubleProducts(a, b, shape, transposed);
        expect(expected).toBeDefined();
        for (const pieceBytes of [1, 1024, undefined]) {
          const computed = doubleDoubleKernels(memory, pieceBytes)(a, b, shape, transposed);
          // Signs of zeros too.
          expect(computed, `seed ${seed}, [${left}] × [${right}]`).toEqual(expected);
        }
      }
    }
  });

  it.each([2 ** -401, 2 ** 401, Number.NaN, Number.POSITIVE_INFINITY, 5e-324])('%f is for the general way', (x) => {
    const shape = matmulShape([3, 4], [4, 9], false);
    const multiply = doubleDoubleKernels(memoryWith(1), 1024);
    const [a, b] = [source(1, 12), source(2, 36)];
    expect(multiply(a, b, shape, false)).toBeDefined();
    expect(multiply(source(1, 12, x), b, shape, false)).toBeUndefined();
    expect(multiply(a, source(2, 36, x), shape, false)).toBeUndefined();
    expect(doubleDoubleProducts(a, source(2, 36, x), shape, false)).toBeUndefined();
  });
});
