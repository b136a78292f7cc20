/** Oracle: the scalar interpreter, on raw bits, over a pairwise covering array of formats, modes, options and operands. */
import { describe, expect, it } from 'vitest';
import { formats, InputError } from '../../../src/formats/index.ts';
import { causalMask } from '../../../src/tensor/index.ts';
import { coveringArray } from '../../support/covering-array.ts';
import { gpu, needsGpu } from '../../support/gpu.ts';
import { kinds } from '../cpu/numbers.ts';
import { check, NOTHING, pair, TRUSTED, value } from './values.ts';

const storable = ['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3', 'e3m2', 'e2m3', 'e2m1', 'e7m16'] as const;
/** Formats of the four places of a product. */
const placed = ['fp32', 'tf32', 'fp16', 'bf16', 'e4m3', 'e2m1'] as const;
const modes = ['nearest-even', 'nearest-away', 'toward-zero', 'down', 'up', 'odd', 'stochastic'] as const;
const options = { mode: modes, overflow: ['inf', 'saturate'], subnormals: ['keep', 'flush'] } as const;
const orders = [
  'sequential',
  'reversed',
  'pairwise',
  'blocked(4)',
  'lanes(3)',
  'lanes(8)',
  'splitk(3)',
  'kahan',
] as const;
const numbersOf = [undefined, formats.fp32, formats.bf16, formats.fp16] as const;

describe.skipIf(gpu === undefined)(needsGpu('operations equal the scalar interpreter'), () => {
  it('element by element', async () => {
    const rows = coveringArray(
      { format: storable, ...options, kind: kinds, of: [...numbersOf, 'its own'] as const },
      1,
    );
    for (const [seed, { format, mode, overflow, subnormals, kind, of }] of rows.entries()) {
      const text = `${format}; mode=${mode}, overflow=${overflow}, subnormals=${subnormals}, seed=${seed}`;
      const both = pair(text);
      const numbers = of === 'its own' ? both.spec.out : of;
      const [x, y] = [value(kind, seed, [9, 41], numbers), value(kind, seed + 1000, [9, 41], both.spec.out)];
      const row = value(kind, seed + 2000, [41], numbers);
      const label = `${text}, ${kind} of ${typeof of === 'object' ? of.name : of}`;
      for (const name of ['add', 'subtract', 'multiply', 'divide'] as const) {
        await check(`${label}: ${name}`, both, (A, a, b) => A[name]('s', a, b), [x, y]);
      }
      await check(`${label}: broadcast`, both, (A, a, b) => A.multiply('s', A.add('s', a, b), A.rowMax(a)), [x, row]);
      await check(`${label}: sqrt`, both, (A, a) => A.sqrt('s', a), [x]);
    }
  });

  it('rows, in every order', async () => {
    const rows = coveringArray(
      {
        format: storable,
        ...options,
        order: orders,
        kind: kinds,
        of: numbersOf,
        n: [1, 2, 5, 33],
        trusted: [TRUSTED, NOTHING],
      },
      2,
    );
    for (const [seed, { format, mode, overflow, subnormals, order, kind, of, n, trusted }] of rows.entries()) {
      const text = `${format}; mode=${mode}, overflow=${overflow}, subnormals=${subnormals}, order=${order}, seed=${seed}`;
      const label = `${text}, ${kind} of ${of?.name}, rows of ${n}, ${trusted.add}`;
      await check(label, pair(text, trusted), (A, x) => A.rowSum('s', x), [value(kind, seed, [13, n], of)]);
    }
  });

  it.each(modes)('rows of infinite, extreme and ordinary numbers, %s', async (mode) => {
    for (const format of [formats.bf16, formats.tf32, formats.fp16]) {
      const { largest, smallestNormal, smallestSubnormal } = format;
      const sizes = [0, smallestSubnormal, smallestNormal, 1, 1 + format.epsMach, largest, Number.POSITIVE_INFINITY];
      const extremes = [...sizes.flatMap((x) => [x, -x]), Number.NaN];
      const data = Float32Array.from(extremes.flatMap((x) => extremes.flatMap((y) => [x, y])));
      const x = { shape: [data.length / 2, 2], data, format };
      await check(`${format.name}, ${mode}`, pair(`${format.name}; mode=${mode}`), (A, a) => A.rowSum('s', a), [x]);
      const square = { shape: [extremes.length, extremes.length], data: data.filter((_, i) => i % 2 === 1), format };
      const column = { shape: [extremes.length, 1], data: Float32Array.from(extremes), format };
      const row = { shape: [1, extremes.length], data: Float32Array.from(extremes), format };
      for (const [left, right] of [
        [square, square],
        [column, row],
      ]) {
        const label = `${format.name}, ${mode}: ${left.shape} × ${right.shape}`;
        await check(label, pair(`${format.name}; mode=${mode}`), (A, a, b) => A.matmul('s', a, b), [left, right]);
      }
    }
  });

  it('products, in every order', async () => {
    const rows = coveringArray(
      {
        ...{ out: placed, input: placed, product: [...placed, 'exact'], accumulate: placed, ...options },
        ...{ order: orders, fma: ['off', 'on'], bias: ['fused', 'separate', 'none'], kind: kinds, k: [1, 3, 16, 37] },
        ...{ layout: ['in-out', 'out-in'], trusted: [TRUSTED, NOTHING], of: numbersOf },
      },
      3,
    );
    for (const [seed, row] of rows.entries()) {
      const fma = row.order === 'pairwise' || row.order === 'kahan' ? 'off' : row.fma;
      const text = [
        `${row.out}; input=${row.input}, product=${row.product}, accumulate=${row.accumulate}, mode=${row.mode}`,
        `overflow=${row.overflow}, subnormals=${row.subnormals}, order=${row.order}, fma=${fma}, seed=${seed}`,
        row.bias === 'none' ? 'bias=separate' : `bias=${row.bias}`,
      ].join(', ');
      const both = pair(text, row.trusted);
      const label = `${text}, ${row.kind}, k=${row.k}, ${row.layout}, ${row.trusted.add}`;
      const weight = value(row.kind, seed + 500, row.layout === 'in-out' ? [row.k, 5] : [5, row.k], undefined);
      const bias = value(row.kind, seed + 700, [5], undefined);
      const layer = { weight, layout: row.layout, ...(row.bias !== 'none' && { bias }) };
      const x = value(row.kind, seed, [2, 2, row.k], row.of);
      await check(`${label}: linear`, both, (A, a) => A.linear('s', a, layer), [x]);
      const transposed = row.layout === 'out-in';
      const b = value(row.kind, seed + 900, transposed ? [2, 4, row.k] : [2, row.k, 4], both.spec.out);
      await check(`${label}: matmul`, both, (A, a, c) => A.matmul('s', a, c, { transposed }), [x, b]);
    }
  });

  it.each(['bf16; kernels=shaped', 'fp16; kernels=pairwise/splitk(3)/lanes(7), mode=stochastic, seed=2'])(
    'products whose order follows from their shape: %s',
    async (text) => {
      const both = pair(text);
      for (const [seed, m] of [1, 3, 40].entries()) {
        const [x, b] = [value('ordinary', seed, [2, m, 70], undefined), value('ordinary', 9, [2, 70, 5], undefined)];
        const layer = { weight: value('ordinary', 8, [5, 70], undefined), layout: 'out-in' as const };
        await check(`${text}, ${m} rows: linear`, both, (A, a) => A.linear('s', a, layer), [x]);
        await check(`${text}, ${m} rows: matmul`, both, (A, a, c) => A.matmul('s', a, c), [x, b]);
      }
    },
  );

  it('exactly what sums of the same terms would be in another order is not what is computed', async () => {
    const [sequential, reversed] = [pair('bf16'), pair('bf16; order=reversed')];
    const x = value('ordinary', 7, [4, 100], formats.bf16);
    await check('sequential', sequential, (A, a) => A.rowSum('s', a), [x]);
    const forward = sequential.device.rowSum('s', sequential.device.lift(x));
    const backward = reversed.device.rowSum('s', reversed.device.lift(x));
    expect(await sequential.device.lower(forward)).not.toEqual(await reversed.device.lower(backward));
  });

  /** A third of the formats and orders of the tests above, which composites are made of. */
  const composites = {
    ...{ format: ['fp32', 'fp16', 'e4m3'], ...options, order: ['sequential', 'lanes(3)', 'kahan'] },
    ...{ kind: ['ordinary', 'raw', 'tiny'] as const, trusted: [TRUSTED, NOTHING], by: ['composed', 'fused'] as const },
  } as const;

  it('attention, with a mask, padding and grouped heads', async () => {
    const rows = coveringArray({ ...composites, softmax: ['shifted', 'unshifted'], side: ['left', 'right'] }, 4);
    for (const [
      seed,
      { format, mode, overflow, subnormals, order, kind, softmax, side, trusted, by },
    ] of rows.entries()) {
      const rounding = `mode=${mode}, overflow=${overflow}, subnormals=${subnormals}`;
      const text = `${format}; ${rounding}, order=${order}, softmax=${softmax}, seed=${seed}`;
      const both = pair(text, trusted, by);
      const { out } = both.spec;
      const short = side === 'left' ? { start: 2, end: 5 } : { start: 0, end: 3 };
      const mask = causalMask([{ start: 0, end: 5 }, short], 5);
      const [query, key] = [value(kind, seed, [2, 2, 5, 6], out), value(kind, seed + 50, [2, 1, 5, 6], out)];
      await check(
        `${text}, ${kind}, ${side}, ${by}`,
        both,
        (A, q, k) => {
          const scores = A.select(A.matmul('s', q, k, { transposed: true }), mask, Number.NEGATIVE_INFINITY);
          return A.matmul('c', A.softmax('p', scores, mask), k, { mask });
        },
        [query, key],
      );
    }
  });

  it('norms, activations and movements', async () => {
    for (const [seed, { format, mode, overflow, subnormals, order, kind, trusted, by }] of coveringArray(
      composites,
      5,
    ).entries()) {
      const text = `${format}; mode=${mode}, overflow=${overflow}, subnormals=${subnormals}, order=${order}, seed=${seed}`;
      const both = pair(text, trusted, by);
      const label = `${text}, ${kind}, ${by}`;
      const x = value(kind, seed + 90, [2, 3, 10], both.spec.out);
      const gamma = value('ordinary', seed + 91, [10], undefined);
      const beta = value('ordinary', seed + 92, [10], undefined);
      await check(`${label}: layerNorm`, both, (A, v) => A.layerNorm('s', v, { gamma, beta }, 1e-5), [x]);
      await check(`${label}: rmsNorm`, both, (A, v) => A.rmsNorm('s', v, { gamma }, 1e-5), [x]);
      await check(`${label}: gelu`, both, (A, v) => A.gelu('s', v, 'tanh'), [x]);
      await check(`${label}: gelu erf`, both, (A, v) => A.gelu('s', v, 'erf'), [x]);
      await check(`${label}: silu`, both, (A, v) => A.silu('s', v), [x]);
      await check(
        `${label}: movements`,
        both,
        (A, v) => A.relu(A.negate(A.concat(A.slice(A.permute(v, [1, 0, 2]), 2, 7), A.permute(v, [1, 0, 2])))),
        [x],
      );
    }
  });

  it('a site outside float32 is refused by name, and so are numbers outside float32', () => {
    const { device } = pair('fp64');
    expect(() =>
      device.add(
        'layers.0.query',
        device.lift({ shape: [1], data: Float32Array.of(1) }),
        device.lift({ shape: [1], data: Float32Array.of(1) }),
      ),
    ).toThrow(
      new InputError(
        'layers.0.query: expected a format inside float32 (fp32, bf16, fp16, …) on the webgpu backend, got fp64; use --backend cpu',
      ),
    );
    expect(() => device.lift({ shape: [2], data: Float64Array.of(1, 0.1) })).toThrow('got 0.1 (at 1)');
  });
});
