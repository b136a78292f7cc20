/** Sums, element by element operations and composites on the kernels have the bits of the scalar interpreter. */
import { describe, it } from 'vitest';
import { ComposedArithmetic } from '../../../src/arithmetic/composites.ts';
import { SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { type Format, formats } from '../../../src/formats/index.ts';
import { rotaryReals, rotaryRealsFloat32, sqrtOfRatio } from '../../../src/softfloat/real.ts';
import { causalMask, parseSpec, type Tensor, withCanonicalNaN } from '../../../src/tensor/index.ts';
import { expectSame, type Kind, kinds, numbers, rounded } from './numbers.ts';

const policies = [
  ...['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e3m2', 'e2m1', 'e8m3', 'e6m5', 'e7m12', 'fp64', 'e11m20'],
  ...['bf16; accumulate=fp32', 'fp16; accumulate=fp32', 'e4m3; accumulate=fp16', 'fp32; accumulate=bf16'],
  ...['bf16; overflow=saturate', 'e4m3; overflow=saturate', 'fp32; overflow=saturate', 'fp16; subnormals=flush'],
  ...['fp32; subnormals=flush', 'decimal:5', 'fp32; accumulate=fp64'],
  ...['nearest-away', 'toward-zero', 'down', 'up', 'odd'].flatMap((mode) => [
    `bf16; mode=${mode}`,
    `fp32; mode=${mode}`,
    `e4m3; mode=${mode}, overflow=saturate`,
  ]),
];

const pair = (text: string) => {
  const spec = parseSpec(text);
  return { spec, fast: new CpuArithmetic(text, () => spec), slow: new SoftfloatArithmetic(text, () => spec) };
};

let seed = 1;

/** Numbers as a result would be, of the site's format, another one, or from outside. */
function value(kind: Kind, shape: readonly number[], format: Format | undefined): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = numbers(kind, seed++, size, format ?? formats.fp32);
  return format === undefined ? { shape, data } : rounded(data, shape, format);
}

const storable = (format: Format): Format =>
  format.kind === 'binary' && format.precision <= 24 ? format : formats.fp32;

describe('operations on rows on the kernels', () => {
  const shapes: [number[], number[]][] = [
    [
      [3, 7],
      [3, 7],
    ],
    [[2, 3, 5], [5]],
    [
      [2, 3, 5],
      [2, 3, 1],
    ],
    [[3, 4], []],
    [[], [3, 4]],
    [
      [2, 3, 2, 3],
      [2, 1, 2, 3],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[1], [1]],
    [
      [0, 3],
      [0, 3],
    ],
  ];
  it.each(policies)('%s: add, subtract, multiply, divide, sqrt', (text) => {
    const { spec, fast, slow } = pair(text);
    for (const [a, b] of shapes) {
      for (const kind of kinds) {
        for (const format of [storable(spec.out), formats.bf16, undefined]) {
          const label = `${text}, ${kind}, seed ${seed}, [${a}] and [${b}]`;
          const [x, y] = [value(kind, a, storable(spec.out)), value(kind, b, format)];
          for (const op of ['add', 'subtract', 'multiply', 'divide'] as const) {
            expectSame(`${label}: ${op}`, fast[op]('s', x, y), slow[op]('s', x, y));
          }
          expectSame(`${label}: squares`, fast.multiply('s', x, x), slow.multiply('s', x, x));
          expectSame(`${label}: sqrt`, fast.sqrt('s', x), slow.sqrt('s', x));
        }
      }
    }
  });

  it.each(policies)('%s: row sums in every order', (text) => {
    for (const order of ['sequential', 'reversed', 'pairwise', 'blocked(4)', 'lanes(3)', 'splitk(3)', 'kahan']) {
      const { spec, fast, slow } = pair(`${text}${text.includes(';') ? ', ' : '; '}order=${order}`);
      for (const [rows, n] of [
        [1, 1],
        [2, 3],
        [17, 5],
        [5, 33],
      ]) {
        for (const kind of kinds) {
          for (const format of [storable(spec.out), undefined]) {
            const label = `${text}, ${order}, ${kind}, seed ${seed}, ${rows} rows of ${n}`;
            const x = value(kind, [rows, n], format);
            expectSame(label, fast.rowSum('s', x), slow.rowSum('s', x));
          }
        }
      }
    }
  });

  it.each(policies)('%s: composites equal the composed ones and the scalar interpreter', (text) => {
    for (const order of ['sequential', 'pairwise']) {
      for (const more of [', softmax=shifted', ', softmax=unshifted, rotary=float32-angles']) {
        const options = `${text}${text.includes(';') ? ', ' : '; '}order=${order}${more}`;
        checkComposites(options);
      }
    }
  });
});

/** Numbers whose NaNs are those of results: movements take NaNs along as they are. */
function settled<T extends Tensor>(x: T): T {
  return { ...x, data: withCanonicalNaN(x.data.slice()) };
}

function checkComposites(text: string): void {
  const { spec, fast, slow } = pair(text);
  const format = storable(spec.out);
  for (const kind of kinds) {
    for (const from of [format, undefined]) {
      const label = `${text}, ${kind}, seed ${seed}`;
      const norm = { gamma: value('ordinary', [6], undefined), beta: value(kind, [6], undefined) };
      const x = value(kind, [2, 2, 4, 6], from);
      const scores = value(kind, [2, 2, 4, 4], from);
      const mask = causalMask(
        [
          { start: 0, end: 3 },
          { start: 2, end: 4 },
        ],
        4,
      );
      type Run = (a: SoftfloatArithmetic) => unknown;
      const runs: Record<string, Run> = {
        scores: (a) => a.scores('s', x, x, scale),
        maskedScores: (a) => a.scores('s', x, x, scale, mask),
        softmax: (a) => a.softmax('s', scores),
        masked: (a) => a.softmax('s', scores, mask),
        layerNorm: (a) => a.layerNorm('s', x, norm, 1e-5),
        rmsNorm: (a) => a.rmsNorm('s', x, { gamma: norm.gamma }, 1e-6),
        geluTanh: (a) => a.gelu('s', x, 'tanh'),
        geluErf: (a) => a.gelu('s', x, 'erf'),
        silu: (a) => a.silu('s', x),
        rotate: (a) => a.rotate('s', x, rotary),
        relu: (a) => a.relu(x),
        negate: (a) => a.negate(x),
        rowMax: (a) => a.rowMax(scores, mask),
        permute: (a) => a.permute(settled(x), [0, 2, 1, 3]),
        permuteAll: (a) => a.permute(settled(x), [3, 1, 0, 2]),
        slice: (a) => a.slice(settled(x), 1, 4),
        concat: (a) => a.concat(settled(x), settled(scores)),
        select: (a) => a.select(settled(scores), mask, Number.NEGATIVE_INFINITY),
      };
      for (const [name, run] of Object.entries(runs)) {
        expectSame(`${label}: ${name}`, run(fast), run(slow));
      }
      const composed = ComposedArithmetic.prototype;
      expectSame(
        `${label}: composed softmax`,
        composed.softmax.call(fast, 's', scores, mask),
        fast.softmax('s', scores, mask),
      );
      expectSame(
        `${label}: composed layerNorm`,
        composed.layerNorm.call(fast, 's', x, norm, 1e-5),
        fast.layerNorm('s', x, norm, 1e-5),
      );
    }
  }
}

const scale = { shape: [], reals: [sqrtOfRatio(1n, 6n)] };

const reals = (of: typeof rotaryReals) => {
  const pairs = Array.from({ length: 2 * 4 * 3 }, (_, i) => of(Math.floor(i / 3) % 4, 10000, i % 3, 6));
  const shape = [2, 1, 4, 3];
  return { cos: { shape, reals: pairs.map((p) => p.cos) }, sin: { shape, reals: pairs.map((p) => p.sin) } };
};
const angles = reals(rotaryRealsFloat32);
const rotary = { exact: reals(rotaryReals), float32Angles: () => angles };
