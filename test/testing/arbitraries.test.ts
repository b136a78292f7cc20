import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/analyze.ts';
import { simulate } from '../../src/analysis/operations.ts';
import { type BinaryFormat, encode, formats, parseFormat, round } from '../../src/formats/index.ts';
import { siteNames } from '../../src/model/program/taps.ts';
import { randomDecoder } from '../../src/model/random/random-decoder.ts';
import { allowsFma, orderText, parseOrder, parsePolicy } from '../../src/tensor/index.ts';
import { arbitraries } from '../../src/testing/index.ts';

const { format, number, tensor, order, policy, decoder } = arbitraries(fc);

describe('arbitraries', () => {
  it('formats are those that their names name, no wider than asked for', () => {
    fc.assert(
      fc.property(format({ maxWidth: 16 }), (of) => {
        expect(parseFormat(of.name)).toEqual(of);
        expect(of.width).toBeLessThanOrEqual(16);
      }),
    );
    const names = new Set(fc.sample(format({ named: true }), { numRuns: 300, seed: 1 }).map(({ name }) => name));
    expect([...names].sort()).toEqual(Object.keys(formats).sort());
  });
  it('numbers are numbers of the format, of any format', () => {
    fc.assert(
      fc.property(
        format().chain((of) => fc.tuple(fc.constant(of), number(of, { finite: false }))),
        ([of, x]) => {
          expect(round(x, of)).toBe(x);
        },
      ),
    );
    fc.assert(fc.property(number(parseFormat('decimal:3')), (x) => Object.is(round(x, parseFormat('decimal:3')), x)));
  });
  it('numbers are all of a small format, and shrink to +0', () => {
    const { e2m1, e4m3 } = formats;
    const drawn = new Set(fc.sample(number(e2m1), { numRuns: 1000, seed: 1 }).map((x) => encode(x, e2m1)));
    expect(drawn.size).toBe(16);
    expect(fc.sample(number(e4m3, { finite: false }), { numRuns: 2000, seed: 1 }).some(Number.isNaN)).toBe(true);
    expect(fc.sample(number(e4m3), { numRuns: 2000, seed: 1 }).every(Number.isFinite)).toBe(true);
    const failure = fc.check(
      fc.property(number(e4m3), () => false),
      { seed: 1 },
    );
    expect(failure.counterexample).toEqual([0]);
  });
  it('tensors have as many numbers as their shape says', () => {
    fc.assert(
      fc.property(tensor(formats.bf16, { maxRank: 4, maxLength: 3 }), ({ shape, data }) => {
        expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        expect(shape.length).toBeLessThanOrEqual(4);
        expect(Math.max(...shape)).toBeLessThanOrEqual(3);
      }),
    );
    fc.assert(
      fc.property(tensor(formats.fp16, { shape: [2, 3] }), (x) => {
        expect(simulate('fp16').softmax(x).shape).toEqual([2, 3]);
      }),
    );
  });
  it('orders are what parseOrder reads', () => {
    fc.assert(fc.property(order(), (text) => orderText(parseOrder(text)) === text));
    fc.assert(fc.property(order({ fma: true }), (text) => allowsFma(parseOrder(text))));
  });
  it('policies are policies of a decoder', () => {
    const sites = siteNames(randomDecoder().config);
    const drawn = policy({ patterns: ['*_residual', '*.probs', 'layers.0.*', 'logits'] });
    fc.assert(
      fc.property(drawn, (text) => {
        expect(parsePolicy(text, sites).text).toBe(text);
      }),
      { numRuns: 300 },
    );
    const texts = fc.sample(drawn, { numRuns: 300, seed: 1 });
    for (const part of ['autocast(', 'fma=on', 'mode=stochastic', 'product=exact', 'logits: ', 'order=kahan'])
      expect(
        texts.some((text) => text.includes(part)),
        part,
      ).toBe(true);
    const deterministic = fc.sample(policy({ stochastic: false }), { numRuns: 300, seed: 1 });
    expect(deterministic.some((text) => text.includes('stochastic'))).toBe(false);
    const failure = fc.check(
      fc.property(policy(), () => false),
      { seed: 1 },
    );
    expect(failure.counterexample?.[0]).toMatch(/^\w+$/);
  });
  it('decoders run on their tokens', async () => {
    await fc.assert(
      fc.asyncProperty(decoder(), async ({ decoder: source, tokens, options }) => {
        const { taps } = await analyze(source, tokens, { policy: 'bf16' });
        expect(taps[0].tap).toBe('embed');
        expect(source.config.layers).toBe(options.layers);
      }),
      { numRuns: 12, seed: 4 },
    );
  });
  it('a decoder is printed as its options and tokens', () => {
    const [drawn] = fc.sample(decoder(), { numRuns: 1, seed: 1 });
    const text = fc.stringify(drawn);
    expect(text).toContain('"seed":');
    expect(text).toContain('"tokens":');
    expect(text).not.toContain('function');
  });
  it('take any binary format', () => {
    const of: BinaryFormat = formats.fp64;
    expect(fc.sample(number(of), { numRuns: 50, seed: 1 }).every((x) => round(x, of) === x)).toBe(true);
  });
});
