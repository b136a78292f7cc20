/** The backends do what they declare, and a backend that does something else is found out. */
import { describe, expect, it } from 'vitest';
import type { Arithmetic } from '../../../src/arithmetic/arithmetic.ts';
import { contextOf, type RoundedTensor, SoftfloatArithmetic } from '../../../src/arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../src/backends/cpu/cpu-arithmetic.ts';
import { measureContraction } from '../../../src/backends/probe/contraction.ts';
import type { Finding } from '../../../src/backends/probe/finding.ts';
import { Machine, type MakeArithmetic } from '../../../src/backends/probe/machine.ts';
import { probe, probedFormats, probedOrders } from '../../../src/backends/probe/probe.ts';
import { expectedRoundings, measureElementary, measureRounding } from '../../../src/backends/probe/rounding.ts';
import {
  measureNonFinite,
  measureOverflow,
  measureSignedZero,
  measureSubnormals,
} from '../../../src/backends/probe/special-values.ts';
import {
  farMagnitudes,
  matmulRows,
  measureTrees,
  nearMagnitudes,
  revealRows,
  rowSumRows,
} from '../../../src/backends/probe/summation.ts';
import { sameTree, treeOf } from '../../../src/backends/probe/tree.ts';
import { treeText } from '../../../src/backends/probe/tree-text.ts';
import { type BinaryFormat, formats, type RoundingMode, roundingModes } from '../../../src/formats/index.ts';
import { scalarsOf } from '../../../src/softfloat/scalar.ts';
import type { OperationSpec } from '../../../src/tensor/index.ts';
import { parseOrder } from '../../../src/tensor/order.ts';

const cpu = (spec: OperationSpec): CpuArithmetic => new CpuArithmetic('cpu', () => spec);
const scalar: MakeArithmetic = (spec) => new SoftfloatArithmetic('scalar', () => spec) as Arithmetic<unknown>;
/** A backend that computes something else than its policy says. */
const instead = (change: (spec: OperationSpec) => Partial<OperationSpec>): MakeArithmetic => {
  return (spec) => cpu({ ...spec, ...change(spec) }) as Arithmetic<unknown>;
};
const of = (make: MakeArithmetic, policy: string): Machine => new Machine(make, policy);
const make = cpu as unknown as MakeArithmetic;

function expectDeclared(findings: readonly Finding[]): void {
  expect(findings.filter(({ agrees }) => !agrees)).toEqual([]);
}

describe('revealed trees are the declared ones', () => {
  const trees = probedOrders.filter((order) => order !== 'kahan');
  it.each(probedFormats.map(({ name }) => name))('%s: every order, up to 65 terms', async (name) => {
    const format = formats[name as keyof typeof formats] as BinaryFormat;
    for (const order of trees) {
      const machine = of(make, `${name}; order=${order}`);
      for (let n = 1; n <= 65; n++) {
        // Every order and length, in two of the formats each; in all of them where cases are asked for.
        if (n > 16 && (n + probedFormats.indexOf(format)) % 3 !== 0 && process.env.ULPWISE_CASES === undefined)
          continue;
        const operation = n % 2 === 0 ? matmulRows(machine, 1 + (n % 3), n % 4 === 0) : rowSumRows(machine);
        const magnitudes = n % 5 === 0 ? farMagnitudes(format) : nearMagnitudes(format, n);
        const [tree] = await revealRows(operation, n, [magnitudes]);
        expect(sameTree(tree, treeOf(parseOrder(order), n)), `${order}, ${n}: ${treeText(tree)}`).toBe(true);
      }
    }
  });
  it.each([
    ['bf16', 'sequential', 300],
    ['bf16', 'lanes(64)', 400],
    ['fp32', 'pairwise', 500],
    ['fp16', 'splitk(7)', 333],
    ['e4m3', 'blocked(16)', 200],
    ['fp64', 'lanes(8)', 300],
  ] as const)('%s, %s of %i terms', async (name, order, n) => {
    const machine = of(make, `${name}; order=${order}`);
    for (const sums of [matmulRows(machine, 1, true), rowSumRows(machine)]) {
      const [tree] = await revealRows(sums, n, [nearMagnitudes(formats[name], n)]);
      expect(sameTree(tree, treeOf(parseOrder(order), n)), treeText(tree)).toBe(true);
    }
  });
});

describe('probe', () => {
  it.each([
    ['cpu', make],
    ['scalar', scalar],
  ])('%s is as declared', async (name, backend) => {
    const shares: number[] = [];
    const report = await probe(backend, { formats: [formats.fp16], onProgress: (share) => shares.push(share) });
    expectDeclared(report.findings);
    expect(report).toMatchObject({ arithmetic: name, agrees: true });
    expect(report.findings.every(({ cases }) => cases > 0)).toBe(true);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
  it('takes an arithmetic that answers later', async () => {
    class Later extends CpuArithmetic {
      override lower(v: RoundedTensor): never {
        return Promise.resolve(super.lower(v)) as never;
      }
    }
    const machine = of((spec) => new Later('later', () => spec) as Arithmetic<unknown>, 'bf16; order=lanes(3)');
    expectDeclared([await measureTrees(machine, 'matmul')]);
  });
});

describe('rounding', () => {
  it.each(probedFormats.map(({ name }) => name))('%s: the cases tell all modes apart', (name) => {
    const expected = expectedRoundings(formats[name as keyof typeof formats] as BinaryFormat);
    const all = (mode: RoundingMode, kept = (_: string): boolean => true): string =>
      expected.flatMap(({ name: operation, results }) => (kept(operation) ? (results.get(mode) ?? []) : [])).join();
    expect(new Set(roundingModes.map((mode) => all(mode))).size).toBe(6);
    for (const operation of ['add', 'subtract', 'multiply']) {
      expect(new Set(roundingModes.map((mode) => all(mode, (other) => other === operation))).size, operation).toBe(6);
    }
  });
  it.each(roundingModes)('a backend that rounds %s', async (mode) => {
    const declared = mode === 'nearest-even' ? 'nearest-away' : 'nearest-even';
    const machine = of(
      instead(() => ({ mode })),
      `bf16; mode=${declared}`,
    );
    const finding = await measureRounding(machine, expectedRoundings(formats.bf16));
    expect(finding).toMatchObject({ declared, agrees: false });
    // No quotient is on a midpoint, and no root.
    expect(finding.measured).toContain(mode);
  });
  it('a backend whose sums are in another format', async () => {
    const tf32 = scalarsOf({ format: formats.tf32, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' });
    class Imprecise extends SoftfloatArithmetic {
      override add(...[, a, b]: Parameters<SoftfloatArithmetic['add']>): ReturnType<SoftfloatArithmetic['add']> {
        return { ...a, data: Float32Array.from(a.data, (x, i) => tf32.add(x, b.data[i])) };
      }
    }
    const machine = of((spec) => new Imprecise('imprecise', () => spec) as Arithmetic<unknown>, 'fp32');
    const { measured, agrees } = await measureRounding(machine, expectedRoundings(formats.fp32));
    expect(agrees).toBe(false);
    expect(measured).toMatch(/^add: no mode, add\(.*; subtract multiply divide sqrt: nearest-even$/);
  });
  it("the engine's exponential is not correctly rounded", async () => {
    class Engine extends SoftfloatArithmetic {
      override exp(_: string, a: RoundedTensor): RoundedTensor {
        return { ...a, data: Float32Array.from(a.data, (x) => Math.fround(Math.fround(Math.exp(x)) * (1 + 2 ** -23))) };
      }
    }
    const machine = of((spec) => new Engine('engine', () => spec) as Arithmetic<unknown>, 'fp32');
    expect(await measureElementary(machine, 'exp')).toMatchObject({ agrees: false, declared: 'correctly rounded' });
    expectDeclared([await measureElementary(machine, 'tanh')]);
  });
});

describe('special values', () => {
  it.each(['keep', 'flush'] as const)('a backend that has subnormals: %s', async (subnormals) => {
    const declared = subnormals === 'keep' ? 'flush' : 'keep';
    const backend = instead(() => ({ subnormals }));
    const findings = await measureSubnormals(of(backend, `fp16; subnormals=${declared}`));
    expect(findings.map(({ property, agrees }) => ({ property, agrees }))).toEqual([
      { property: 'subnormal results', agrees: false },
      { property: 'subnormal operands', agrees: false },
    ]);
    expect(findings[0].measured).toMatch(/^add\(.* = .*\(and 11 more\)$/);
  });
  it('a backend that flushes operands only', async () => {
    class OperandsAreZero extends CpuArithmetic {
      override lift(t: RoundedTensor): RoundedTensor {
        return { ...t, data: t.data.map((x) => (Math.abs(x) < 2 ** -14 ? 0 * x : x)) as Float32Array };
      }
    }
    const backend: MakeArithmetic = (spec) => new OperandsAreZero('daz', () => spec) as Arithmetic<unknown>;
    const [results, operands] = await measureSubnormals(of(backend, 'fp16'));
    expect([results.agrees, operands.agrees]).toEqual([true, false]);
  });
  it('a backend without −0', async () => {
    class Unsigned extends CpuArithmetic {
      override multiply(...[site, a, b]: Parameters<CpuArithmetic['multiply']>): ReturnType<CpuArithmetic['multiply']> {
        const product = super.multiply(site, a, b) as RoundedTensor;
        return { ...product, data: product.data.map((x) => x + 0) as Float32Array };
      }
    }
    const finding = await measureSignedZero(of((spec) => new Unsigned('u', () => spec) as Arithmetic<unknown>, 'bf16'));
    expect(finding).toMatchObject({ agrees: false, measured: 'multiply(-0, 1) = 0, not -0 (and 2 more)' });
  });
  it('a backend that loses NaN in a maximum', async () => {
    class Deaf extends CpuArithmetic {
      override rowMax(v: RoundedTensor): RoundedTensor {
        return { ...v, shape: [1, 1], data: Float32Array.of(Math.max(...[...v.data].filter((x) => !Number.isNaN(x)))) };
      }
    }
    const finding = await measureNonFinite(of((spec) => new Deaf('deaf', () => spec) as Arithmetic<unknown>, 'bf16'));
    expect(finding).toMatchObject({ agrees: false, measured: 'rowMax([1, NaN, 2]) = 2, not NaN' });
  });
  it('a backend that saturates', async () => {
    const backend = instead(() => ({ overflow: 'saturate' }));
    for (const format of ['fp32', 'bf16', 'e4m3']) {
      expect(await measureOverflow(of(backend, format))).toMatchObject({ declared: 'inf', agrees: false });
    }
  });
});

describe('contraction', () => {
  it('a backend that contracts its matmul', async () => {
    const findings = await measureContraction(
      of(
        instead(() => ({ fma: true })),
        'fp32',
      ),
    );
    expect(findings.map(({ measured }) => measured)).toEqual(['two roundings', 'one rounding or two roundings']);
  });
  it('a backend whose fma is none', async () => {
    for (const format of ['fp32', 'bf16', 'e4m3']) {
      const [, matmul] = await measureContraction(
        of(
          instead(() => ({ fma: false })),
          `${format}; fma=on`,
        ),
      );
      expect(matmul).toMatchObject({ declared: 'one rounding', measured: 'two roundings', agrees: false });
    }
  });
  it('a backend that contracts a product and a sum', async () => {
    type Binary = Parameters<CpuArithmetic['add']>;
    class Contracting extends CpuArithmetic {
      private readonly factors = new WeakMap<object, readonly [Binary[1], Binary[2]]>();
      override multiply(...[site, a, b]: Binary): ReturnType<CpuArithmetic['add']> {
        const product = super.multiply(site, a, b);
        this.factors.set(product, [a, b]);
        return product;
      }
      override add(...[site, x, z]: Binary): ReturnType<CpuArithmetic['add']> {
        const factors = this.factors.get(x);
        if (factors === undefined) return super.add(site, x, z);
        const spec = this.specOf(site);
        const { fma } = scalarsOf(contextOf(spec, spec.out));
        const [a, b] = factors;
        return { ...x, data: Float32Array.from(a.data, (_, i) => fma(a.data[i], b.data[i], z.data[i])) };
      }
    }
    const [sum, matmul] = await measureContraction(
      of((spec) => new Contracting('c', () => spec) as Arithmetic<unknown>, 'bf16'),
    );
    expect(sum).toMatchObject({ measured: 'one rounding or two roundings', agrees: false });
    expect(matmul.agrees).toBe(true);
  });
});

describe('orders', () => {
  it.each([
    ['sequential', 'pairwise', /^pairwise of 3 terms|^pairwise of 5 terms|^(5|8) terms|^pairwise of/],
    ['lanes(8)', 'lanes(4)', /^lanes\(4\)/],
    ['pairwise', 'sequential', /^sequential/],
    ['blocked(4)', 'blocked(3)', /^blocked\(3\)/],
    ['kahan', 'sequential', /^sequential of 3 terms: \(\(0 \+ 1\) \+ 2\)/],
    ['sequential', 'kahan', /^no tree: terms that vanish one by one count together/],
  ])('declared %s, computed %s', async (declared, computed, measured) => {
    const backend = instead(() => ({ order: parseOrder(computed) }));
    for (const operation of ['matmul', 'rowSum'] as const) {
      const finding = await measureTrees(of(backend, `bf16; order=${declared}`), operation);
      expect(finding).toMatchObject({ property: `order of ${operation}`, declared, agrees: false });
      expect(finding.measured).toMatch(measured);
    }
  });
  it('a backend that adds the columns of a tile in another order', async () => {
    class Tiled extends CpuArithmetic {
      override matmul(
        ...[site, a, b, options]: Parameters<CpuArithmetic['matmul']>
      ): ReturnType<CpuArithmetic['matmul']> {
        const product = super.matmul(site, a, b, options) as RoundedTensor;
        const n = product.shape[1];
        if (n < 16) return product;
        const other = new CpuArithmetic('', () => ({ ...this.specOf(site), order: { kind: 'reversed' } }));
        const reversed = other.matmul(site, a, b, options);
        return { ...product, data: product.data.map((x, i) => (i % n < 16 ? x : reversed.data[i])) as Float32Array };
      }
    }
    const machine = of((spec) => new Tiled('tiled', () => spec) as Arithmetic<unknown>, 'bf16');
    expect(await measureTrees(machine, 'matmul')).toMatchObject({
      measured: 'no tree: equal columns have different sums',
      agrees: false,
    });
  });
});
