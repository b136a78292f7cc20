/** Stochastic rounding as docs/semantics.md has it, written again from the page, in fractions of BigInt. */
import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { SoftfloatArithmetic } from '../../src/arithmetic/softfloat.ts';
import { partFrom, SiteRoundings } from '../../src/arithmetic/stochastic.ts';
import { InputError, parseFormat, round } from '../../src/formats/index.ts';
import { causalMask, type OperationSpec, parseSpec, type Tensor } from '../../src/tensor/index.ts';

type Ratio = readonly [n: bigint, d: bigint];
const MASK = 0xffffffffn;

/** The first word of Philox4x32-10. */
function philoxWord(seed: bigint, element: number, step: number, site: string): bigint {
  let hash = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(site)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & MASK;
  let [c0, c1, c2, c3] = [BigInt(element), BigInt(step), hash, 0n];
  let [k0, k1] = [seed & MASK, seed >> 32n];
  for (let i = 0; i < 10; i++) {
    const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & MASK, (p0 >> 32n) ^ c3 ^ k1, p0 & MASK];
    [k0, k1] = [(k0 + 0x9e3779b9n) & MASK, (k1 + 0xbb67ae85n) & MASK];
  }
  return c0;
}

/** A float64 as a fraction: it is an integer times 2^−200 here. */
const ratio = (x: number): Ratio => [BigInt(x * 2 ** 200), 1n << 200n];
const add = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * d + c * b, b * d];
const negative = ([a, b]: Ratio): Ratio => [-a, b];
const times = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * c, b * d];
const over = ([a, b]: Ratio, [c, d]: Ratio): Ratio => (c < 0n ? [-a * d, -b * c] : [a * d, b * c]);

const Precise = Decimal.clone({ precision: 80 });
/** A function of a float64 to 80 digits. */
const real = (name: 'exp' | 'tanh', x: number): Ratio => {
  const [n, d] = ratio(x);
  const value = new Precise(n.toString()).div(new Precise(d.toString()))[name]();
  return [BigInt(value.times('1e100').toFixed(0)), 10n ** 100n];
};

const SEED = 0x12345678_9abcdn;
const SITE = 'layers.0.probs';

/** The roundings of one element: `R(x, format)` takes the steps one after the other. */
function roundings(element: number, firstStep = 0) {
  let step = firstStep;
  const R = ([n, d]: Ratio, name: string): number => {
    const word = philoxWord(SEED, element, step++, SITE);
    const format = parseFormat(name);
    if (format.kind !== 'binary') throw new TypeError(name);
    if (n === 0n) return 0;
    const size = n < 0n ? -n : n;
    let e = format.emin;
    while (e >= 0 ? size >= d << BigInt(e + 1) : size << BigInt(-e) >= 2n * d) e++;
    const q = e - format.precision + 1;
    const [a, b] = q >= 0 ? [size, d << BigInt(q)] : [size << BigInt(-q), d];
    const away = word < ((a % b) << 32n) / b;
    const magnitude = Number(a / b + (away ? 1n : 0n)) * 2 ** q;
    return n < 0n ? -magnitude : magnitude;
  };
  return { R, step: () => step };
}
type Roundings = ReturnType<typeof roundings>;

/** A sum of terms in an order of the table, step by step. */
function sumOf(terms: readonly Ratio[], order: string, format: string, { R }: Roundings): number {
  const plus = (s: number, t: number): number => R(add(ratio(s), ratio(t)), format);
  const chain = (indices: readonly number[]): number => {
    let s = R(terms[indices[0]], format);
    for (const k of indices.slice(1)) s = R(add(ratio(s), terms[k]), format);
    return s;
  };
  const pairwise = (sums: readonly number[]): number => {
    if (sums.length === 1) return sums[0];
    const left = 2 ** (Math.ceil(Math.log2(sums.length)) - 1);
    const [l, r] = [pairwise(sums.slice(0, left)), pairwise(sums.slice(left))];
    return plus(l, r);
  };
  const n = terms.length;
  const all = terms.map((_, k) => k);
  const blocks = (size: number): number[][] =>
    Array.from({ length: Math.ceil(n / size) }, (_, b) => all.slice(b * size, (b + 1) * size));
  switch (order) {
    case 'sequential':
      return chain(all);
    case 'reversed':
      return chain([...all].reverse());
    case 'pairwise':
      return pairwise(all.map((k) => chain([k])));
    case 'blocked(3)':
      return blocks(3).map(chain).reduce(plus);
    case 'splitk(3)':
      return blocks(Math.ceil(n / 3))
        .map(chain)
        .reduce(plus);
    case 'lanes(3)':
      return pairwise([0, 1, 2].filter((l) => l < n).map((l) => chain(all.filter((k) => k % 3 === l))));
    case 'kahan': {
      let s = R(terms[0], format);
      let c = 0;
      for (const t of terms.slice(1)) {
        const y = R(add(t, negative(ratio(c))), format);
        const z = plus(s, y);
        c = plus(plus(z, -s), -y);
        s = z;
      }
      return s;
    }
  }
  throw new TypeError(order);
}

let state = 1;
/** Of about ±2, with 24 bits. */
function numbers(...shape: number[]): Tensor {
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround((state / 2 ** 32 - 0.5) * 4);
  };
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next) };
}

function interpreter(text: string): { A: SoftfloatArithmetic; spec: OperationSpec } {
  const spec = parseSpec(`${text}; mode=stochastic, seed=${SEED}`);
  return { A: new SoftfloatArithmetic('', () => spec), spec };
}

const same = (computed: Tensor<ArrayLike<number>>, expected: readonly number[]): void =>
  expect(Array.from(computed.data)).toEqual(expected.map((x) => x + 0));

const orders = ['sequential', 'reversed', 'pairwise', 'blocked(3)', 'splitk(3)', 'lanes(3)', 'kahan'];

describe('matmul: operands behind the elements; products, sum, R_out', () => {
  it.each(orders)('%s', (order) => {
    for (const [products, accumulate] of [
      ['bf16', 'bf16'],
      ['fp16', 'fp32'],
      ['exact', 'fp16'],
    ]) {
      for (const n of [1, 2, 5, 8, 11]) {
        const { A } = interpreter(`bf16; product=${products}, accumulate=${accumulate}, order=${order}`);
        const [a, b] = [numbers(2, n), numbers(n, 3)];
        const mask = causalMask([{ start: 0, end: n }], 2);
        const masked = { ...a, shape: [1, 1, 2, n] };
        const rows = [2, n] as const;
        const input = (t: Tensor, start: number): number[] =>
          Array.from(t.data, (x, i) => roundings(start + i).R(ratio(x), 'bf16'));
        const [x, y] = [input(a, 6), input(b, 6 + 2 * n)];
        const expected = (hides: boolean): number[] =>
          Array.from({ length: 6 }, (_, i) => {
            const at = roundings(i);
            const [row, column] = [Math.floor(i / 3), i % 3];
            const terms = Array.from({ length: rows[1] }, (_, k): Ratio => {
              const hidden = hides && k > row;
              const t = times(ratio(hidden ? 0 : x[row * n + k]), ratio(y[3 * k + column]));
              return products === 'exact' ? t : ratio(at.R(t, products));
            });
            return at.R(ratio(sumOf(terms, order, accumulate, at)), 'bf16');
          });
        same(A.matmul(SITE, a, b) as Tensor, expected(false));
        if (n === 2) continue;
        const again = interpreter(`bf16; product=${products}, accumulate=${accumulate}, order=${order}`).A;
        same(again.matmul(SITE, masked, { ...b, shape: [1, 1, n, 3] }, { mask }) as Tensor, expected(true));
      }
    }
  });

  it('fma: a rounding a term; the bias', () => {
    const a = numbers(1, 4);
    const weight = numbers(4, 2);
    const bias = numbers(2);
    for (const kind of ['fused', 'separate']) {
      const { A } = interpreter(`fp16; fma=on, accumulate=bf16, bias=${kind}`);
      const x = Array.from(a.data, (v, i) => roundings(2 + i).R(ratio(v), 'fp16'));
      const [w, c] = [weight, bias].map(({ data }) => Array.from(data, (v) => round(v, parseFormat('fp16'))));
      const expected = [0, 1].map((j) => {
        const at = roundings(j);
        let s = 0;
        for (let k = 0; k < 4; k++) s = at.R(add(ratio(s), times(ratio(x[k]), ratio(w[2 * k + j]))), 'bf16');
        if (kind === 'fused') return at.R(ratio(at.R(add(ratio(s), ratio(c[j])), 'bf16')), 'fp16');
        return at.R(add(ratio(at.R(ratio(s), 'fp16')), ratio(c[j])), 'fp16');
      });
      same(A.linear(SITE, a, { weight, layout: 'in-out', bias }) as Tensor, expected);
    }
  });
});

describe('composites: elements and, behind them, rows', () => {
  it.each(['sequential', 'pairwise', 'kahan'])('softmax, sums %s', (order) => {
    const { A } = interpreter(`bf16; accumulate=fp16, order=${order}`);
    const x = numbers(3, 5);
    const expected = [0, 1, 2].flatMap((r) => {
      const row = Array.from(x.data.subarray(5 * r, 5 * r + 5));
      const most = Math.max(...row);
      const at = row.map((_, j) => roundings(5 * r + j));
      const e = row.map((v, j) => at[j].R(real('exp', at[j].R(add(ratio(v), ratio(-most)), 'bf16')), 'bf16'));
      const s = sumOf(e.map(ratio), order, 'fp16', roundings(15 + r));
      return e.map((v, j) => at[j].R(over(ratio(v), ratio(s)), 'bf16'));
    });
    same(A.softmax(SITE, x) as Tensor, expected);
  });

  it('layerNorm', () => {
    const { A } = interpreter('fp16; order=lanes(3)');
    const [x, gamma, beta] = [numbers(2, 5), numbers(5), numbers(5)];
    const [g, b] = [gamma, beta].map(({ data }) => Array.from(data, (v) => round(v, parseFormat('fp16'))));
    const epsilon = round(2 ** -7, parseFormat('fp16'));
    const expected = [0, 1].flatMap((r) => {
      const rows = roundings(10 + r);
      const row = Array.from(x.data.subarray(5 * r, 5 * r + 5));
      const at = row.map((_, j) => roundings(5 * r + j));
      const sum = sumOf(row.map(ratio), 'lanes(3)', 'fp16', rows);
      const mean = rows.R(over(ratio(sum), [5n, 1n]), 'fp16');
      const c = row.map((v, j) => at[j].R(add(ratio(v), ratio(-mean)), 'fp16'));
      const q = c.map((v, j) => at[j].R(times(ratio(v), ratio(v)), 'fp16'));
      const v = rows.R(over(ratio(sumOf(q.map(ratio), 'lanes(3)', 'fp16', rows)), [5n, 1n]), 'fp16');
      const shifted = rows.R(add(ratio(v), ratio(epsilon)), 'fp16');
      const root = new Precise(shifted).sqrt().times('1e100').toFixed(0);
      const reciprocal = rows.R(over([1n, 1n], ratio(rows.R([BigInt(root), 10n ** 100n], 'fp16'))), 'fp16');
      return c.map((d, j) => {
        const z = at[j].R(times(ratio(d), ratio(reciprocal)), 'fp16');
        return at[j].R(add(ratio(at[j].R(times(ratio(z), ratio(g[j])), 'fp16')), ratio(b[j])), 'fp16');
      });
    });
    same(A.layerNorm(SITE, x, { gamma, beta }, 2 ** -7) as Tensor, expected);
  });

  it('gelu and, behind it at the same site, a product and another sum', () => {
    const { A } = interpreter('bf16');
    const [x, up] = [numbers(2, 4), numbers(2, 4)];
    const constant = (v: string): Ratio => ratio(round(Number(v), parseFormat('bf16')));
    const [c1, c2] = [constant('0.7978845608028654'), constant('0.044715')];
    const at = Array.from({ length: 8 }, (_, i) => roundings(i));
    const y = at.map(({ R: round }, i) => {
      const v = ratio(x.data[i]);
      const R = (r: Ratio): Ratio => ratio(round(r, 'bf16'));
      const h = R(times(R(times(v, v)), v));
      const w = R(add(v, R(times(c2, h))));
      const inner = R(times(c1, w));
      const t = R(real('tanh', Number((inner[0] << 60n) / inner[1]) / 2 ** 60));
      const half = R(times([1n, 2n], v));
      return R(times(half, R(add([1n, 1n], t))));
    });
    const activated = A.gelu(SITE, x, 'tanh') as Tensor;
    same(
      activated,
      y.map(([n, d]) => Number((n << 60n) / d) / 2 ** 60),
    );
    expect(at[0].step()).toBe(9);
    const product = y.map((v, i) => at[i].R(times(v, ratio(up.data[i])), 'bf16'));
    same(A.multiply(SITE, activated, up) as Tensor, product);
    // Another shape: the steps go on.
    same(A.add(SITE, numbersOf(1.001), numbersOf(0.3)) as Tensor, [
      roundings(0, 10).R(add(ratio(Math.fround(1.001)), ratio(Math.fround(0.3))), 'bf16'),
    ]);
  });

  it('rotary embedding: the entries of each pair', () => {
    const { A } = interpreter('bf16');
    const x = numbers(1, 1, 2, 4);
    const table = (values: number[]) => ({
      shape: [1, 1, 2, 2],
      reals: values.map((v) => ({ exact: v, fixed: () => 0n })),
    });
    const [cos, sin] = [
      [0.5, 0.25, 0.75, 0.625],
      [0.875, 0.375, 0.125, 0.6875],
    ];
    const exact = { cos: table(cos), sin: table(sin) };
    const expected = Array.from({ length: 8 }, (_, i) => {
      const { R: round } = roundings(i);
      const R = (r: Ratio): Ratio => ratio(round(r, 'bf16'));
      const [row, j, second] = [Math.floor(i / 4), i % 2, i % 4 >= 2];
      const [x1, x2] = [4 * row + j, 4 * row + 2 + j].map((k) => ratio(x.data[k]));
      const [c, s] = [ratio(cos[2 * row + j]), ratio(sin[2 * row + j])];
      const [p, q] = second ? [R(times(x2, c)), R(times(x1, s))] : [R(times(x1, c)), R(times(x2, s))];
      return round(add(p, second ? q : negative(q)), 'bf16');
    });
    same(A.rotate(SITE, x, { exact, float32Angles: () => exact }) as Tensor, expected);
  });
});

const numbersOf = (...data: number[]): Tensor => ({ shape: [data.length], data: Float32Array.from(data) });

describe('addresses', () => {
  it('beyond 2^32 are refused', () => {
    const roundings = new SiteRoundings('embed', 1);
    const claim = (start: number, length: number, steps: number) => () =>
      roundings.operation(() => roundings.within(partFrom(start), () => roundings.claim(length, steps)));
    expect(claim(2 ** 32 - 5, 5, 1)).not.toThrow();
    expect(claim(2 ** 32 - 5, 6, 1)).toThrow(InputError);
    expect(claim(0, 1, 2 ** 32 - 1)).not.toThrow();
    expect(claim(0, 1, 1)).toThrow(/at most 2\^32 elements.*at embed/);
  });
  it('an operation that fails leaves its site as it was', () => {
    const { A } = interpreter('bf16');
    const { A: fresh } = interpreter('bf16');
    expect(() => A.matmul(SITE, numbersOf(1), numbersOf(1))).toThrow(InputError);
    const x = numbers(4, 4);
    expect(A.matmul(SITE, x, x)).toEqual(fresh.matmul(SITE, x, x));
  });
  it('parameters, tables and constants round to nearest even', () => {
    const { A } = interpreter('bf16');
    const x = numbers(64);
    expect(Array.from((A.parameter(SITE, x) as Tensor).data)).toEqual(
      Array.from(x.data, (v) => round(v, parseFormat('bf16'))),
    );
  });
});
