/** Every product of matrices on the kernels has the bits of the scalar interpreter. */
import { describe, it } from 'vitest';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { causalMask, type KeyMask, type OperationSpec, type Tensor } from '../../../src/tensor/index.ts';
import { parseSpec } from '../../../src/tensor/policy.ts';
import { expectSame, type Kind, kinds, numbers, words } from './numbers.ts';

const named = ['fp64', 'fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e3m2', 'e2m3', 'e2m1', 'e8m3', 'e6m5', 'e4m7'];
const orders = ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'lanes(64)', 'splitk(3)', 'kahan'];
const modes = ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd'];

const pair = (text: string): { spec: OperationSpec; fast: CpuArithmetic; slow: SoftfloatArithmetic } => {
  const spec = parseSpec(text);
  return { spec, fast: new CpuArithmetic(text, () => spec), slow: new SoftfloatArithmetic(text, () => spec) };
};

function operand(kind: Kind, seed: number, shape: readonly number[], spec: OperationSpec): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: numbers(kind, seed, size, spec.accumulate) };
}

let seed = 1;

function checkMatmul(text: string, a: readonly number[], b: readonly number[], transposed: boolean, mask?: KeyMask) {
  const { spec, fast, slow } = pair(text);
  for (const kind of kinds) {
    seed++;
    const [x, y] = [operand(kind, seed, a, spec), operand(kind, seed + 7919, b, spec)];
    const options = { transposed, ...(mask ? { mask } : {}) };
    const label = `${text}, ${kind}, seed ${seed}, [${a}] × [${b}]${transposed ? 'ᵀ' : ''}`;
    expectSame(label, fast.matmul('m', x, y, options), slow.matmul('m', x, y, options));
  }
}

const sizes = [
  [1, 1, 1],
  [2, 3, 5],
  [3, 17, 7],
  [5, 33, 17],
  [4, 16, 33],
];

describe('matmul on the kernels', () => {
  it.each(named)('%s: orders and sizes', (format) => {
    for (const order of orders) {
      for (const [m, n, k] of sizes) {
        checkMatmul(`${format}; order=${order}`, [m, k], [k, n], false);
        checkMatmul(`${format}; order=${order}`, [m, k], [n, k], true);
      }
    }
  });

  it.each(named.slice(1))('%s: modes and options', (format) => {
    for (const mode of modes) {
      for (const options of ['', ', overflow=saturate', ', subnormals=flush']) {
        for (const order of ['sequential', 'pairwise', 'kahan']) {
          checkMatmul(`${format}; mode=${mode}, order=${order}${options}`, [3, 9], [9, 5], false);
        }
        checkMatmul(`${format}; mode=${mode}, fma=on${options}`, [3, 9], [9, 5], false);
        checkMatmul(`${format}; mode=${mode}, product=exact${options}`, [3, 9], [9, 5], false);
      }
    }
  });

  it.each(['fp32', 'fp64', 'bf16; product=exact, accumulate=fp32'])('%s: any number of terms', (text) => {
    for (let k = 1; k <= 17; k++) checkMatmul(text, [3, k], [k, 17], false);
  });

  const mixed = [
    ...['bf16; accumulate=fp32', 'bf16; product=exact, accumulate=fp32', 'fp16; product=exact, accumulate=fp32'],
    ...['autocast(bf16)', 'fp16; accumulate=bf16', 'bf16; accumulate=fp16', 'fp32; product=bf16', 'bf16; product=fp32'],
    ...['bf16; input=fp32', 'e4m3; accumulate=fp16', 'e4m3; product=exact, accumulate=fp16', 'fp16; input=e4m3'],
    ...[
      'e5m2; product=exact, accumulate=bf16',
      'bf16; accumulate=tf32',
      'tf32; accumulate=bf16',
      'fp16; accumulate=e4m3',
    ],
    ...['fp32; accumulate=fp64', 'fp32; product=exact, accumulate=fp64', 'fp64; input=fp32', 'fp64; accumulate=fp32'],
    ...['e2m1; product=exact, accumulate=fp16', 'fp16; accumulate=e2m1', 'e2m1; input=fp16', 'e2m1; accumulate=fp16'],
    ...['bf16; product=exact', 'fp16; product=tf32', 'e4m3; input=bf16, accumulate=fp32', 'e3m2; accumulate=e4m3'],
    ...['decimal:4', 'bf16; accumulate=decimal:8', 'e11m20', 'e5m15'],
  ];
  it.each(mixed)('%s', (text) => {
    for (const order of ['sequential', 'pairwise', 'blocked(3)', 'kahan']) {
      for (const options of ['', ', overflow=saturate', ', fma=on']) {
        if (options.includes('fma') && (order === 'pairwise' || order === 'kahan')) continue;
        checkMatmul(`${text}${text.includes(';') ? ', ' : '; '}order=${order}${options}`, [3, 10], [10, 18], false);
      }
    }
  });

  it.each(['fp32', 'bf16', 'fp16', 'e4m3', 'fp64', 'bf16; mode=down', 'bf16; product=exact, accumulate=fp32'])(
    '%s: heads in groups, and masks',
    (text) => {
      const mask = causalMask(
        [
          { start: 0, end: 5 },
          { start: 2, end: 7 },
        ],
        7,
      );
      for (const order of orders) {
        const spec = `${text}${text.includes(';') ? ', ' : '; '}order=${order}`;
        checkMatmul(spec, [2, 4, 7, 7], [2, 2, 7, 5], false, mask);
        checkMatmul(spec, [2, 4, 7, 3], [2, 2, 7, 3], true);
        checkMatmul(spec, [2, 2, 7, 7], [2, 2, 7, 17], false, mask);
      }
    },
  );
});

describe('products about the smallest normal float32', () => {
  it.each(['bf16', 'tf32', 'e8m3', 'bf16; accumulate=fp32', 'e8m2; product=exact, accumulate=bf16'])('%s', (text) => {
    const { fast, slow } = pair(text);
    const next = words(77);
    const small = (): number => (next() & 1 ? -1 : 1) * (1 + (next() % 128) / 128) * 2 ** (-66 + (next() % 4));
    const matrix = (...shape: number[]): Tensor => ({
      shape,
      data: Float32Array.from({ length: shape[0] * shape[1] }, small),
    });
    for (let i = 0; i < 30; i++) {
      const [x, y] = [matrix(2, 1 + (i % 6)), matrix(1 + (i % 6), 16)];
      expectSame(`${text}, ${i}`, fast.matmul('m', x, y), slow.matmul('m', x, y));
    }
  });
});

describe('linear on the kernels', () => {
  it.each([...named, ...mixedLinear()])('%s', (text) => {
    for (const bias of ['fused', 'separate']) {
      const { spec, fast, slow } = pair(`${text}${text.includes(';') ? ', ' : '; '}bias=${bias}`);
      for (const kind of kinds) {
        for (const layout of ['in-out', 'out-in'] as const) {
          seed++;
          const x = operand(kind, seed, [2, 3, 9], spec);
          const weight = operand(kind, seed + 31, layout === 'in-out' ? [9, 19] : [19, 9], spec);
          const layer = { weight, layout, bias: operand(kind, seed + 57, [19], spec) };
          const label = `${text}, bias=${bias}, ${kind}, ${layout}, seed ${seed}`;
          expectSame(label, fast.linear('m', x, layer), slow.linear('m', x, layer));
          const { bias: _, ...without } = layer;
          expectSame(label, fast.linear('m', x, without), slow.linear('m', x, without));
        }
      }
    }
  });
});

function mixedLinear(): string[] {
  return [
    'autocast(bf16)',
    'fp16; product=exact, accumulate=fp32',
    'e4m3; accumulate=fp16',
    'bf16; mode=up',
    'fp16; subnormals=flush',
    'e4m3; overflow=saturate',
  ];
}

describe('what random cases found', () => {
  it.each([
    [
      'a constant of the scaled kernel overflowed',
      'e8m1',
      [1.5 * 2 ** 83, -(2 ** -126), -(2 ** -51)],
      [0.375, 2 ** -122, -0.5],
    ],
    [
      'an exact product is no infinity',
      'e4m3; product=exact, accumulate=fp16, overflow=saturate',
      [448, 448],
      [448, -448],
    ],
    ['a product overflows to NaN, and sums have none', 'e4m3; accumulate=e2m3, input=e3m2', [28, 1], [28, 1]],
    ['zeros keep their signs', 'fp16', [-0, -1], [1, 0]],
  ])('%s', (_, text, a, b) => {
    const { fast, slow } = pair(text);
    const [x, y] = [
      { shape: [1, a.length], data: Float32Array.from(a) },
      // Sixteen columns, so that no padding changes the choice of a kernel.
      { shape: [a.length, 16], data: Float32Array.from(b.flatMap((z) => new Array<number>(16).fill(z))) },
    ];
    expectSame(text, fast.matmul('m', x, y), slow.matmul('m', x, y));
  });
});
