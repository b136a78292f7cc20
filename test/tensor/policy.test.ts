import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formats, InputError } from '../../src/formats/index.ts';
import {
  type OperationSpec,
  orderText,
  parseOrder,
  parsePolicy,
  parseSpec,
  specText,
  uniformSpec,
} from '../../src/tensor/index.ts';

const sites = [
  'embed',
  ...[0, 1, 10].flatMap((i) =>
    ['input_norm', 'query', 'probs', 'attn_residual', 'mlp_act'].map((s) => `layers.${i}.${s}`),
  ),
  'final_norm',
  'logits',
];

function specsOf(text: string): Record<string, OperationSpec> {
  const policy = parsePolicy(text, sites);
  return Object.fromEntries(sites.map((site) => [site, policy.specFor(site)]));
}

describe('policies', () => {
  it('a format is uniform', () => {
    for (const spec of Object.values(specsOf('bf16'))) expect(spec).toEqual(uniformSpec(formats.bf16));
  });
  it('overrides apply from left to right to what their pattern matches', () => {
    const specs = specsOf('bf16; layers.1*: fp16; *.probs: fp32, order=lanes(4); layers.10.probs: accumulate = e5m10');
    expect(specs.embed.out).toBe(formats.bf16);
    expect(specs['layers.1.query'].out).toBe(formats.fp16);
    expect(specs['layers.10.query'].out).toBe(formats.fp16);
    expect(specs['layers.0.probs']).toMatchObject({ out: formats.fp32, order: { kind: 'lanes', lanes: 4 } });
    expect(specs['layers.10.probs'].accumulate.name).toBe('e5m10');
  });
  it('a format sets the four formats and nothing else', () => {
    const spec = specsOf('bf16; fma=on, bias=fused, mode=up; fp32')['layers.0.query'];
    expect(spec).toEqual({ ...uniformSpec(formats.fp32), fma: true, bias: 'fused', mode: 'up' });
  });
  it('reads decimal formats in every place', () => {
    expect(specsOf('decimal:8').embed.out.name).toBe('decimal:8');
    expect(specsOf('bf16; decimal:8').embed.out.name).toBe('decimal:8');
    expect(specsOf('bf16; *: decimal:8').embed.out.name).toBe('decimal:8');
    expect(specsOf('bf16; accumulate=decimal:8').embed.accumulate.name).toBe('decimal:8');
  });
  it('autocast leaves matmuls and activations in its format', () => {
    const specs = specsOf('autocast(fp16)');
    expect(specs['layers.0.query']).toEqual({
      ...uniformSpec(formats.fp16),
      product: 'exact',
      accumulate: formats.fp32,
      bias: 'fused',
    });
    expect(specs['layers.0.mlp_act'].out).toBe(formats.fp16);
    for (const site of ['embed', 'layers.0.input_norm', 'layers.0.probs', 'layers.0.attn_residual', 'final_norm']) {
      expect(specs[site]).toEqual(uniformSpec(formats.fp32));
    }
  });
  it.each([
    ['', /expected a format/],
    ['bf17', /expected a format .* got 'bf17'/],
    ['bf16;', /expected a format or key=value, got ''/],
    ['bf16; *.prob: fp32', /matches a site, got '\*\.prob'/],
    ['bf16; fp33', /got 'fp33'/],
    ['bf16; ordr=pairwise', /expected a key of input/],
    ['bf16; order=pairs', /order: expected sequential.*got 'pairs'/],
    ['bf16; order=blocked(0)', /got 'blocked\(0\)'/],
    ['bf16; mode=nearest', /mode: expected nearest-even/],
    ['bf16; toString=1', /expected a key/],
    ['bf16; fma=on, order=pairwise', /fma has no pairwise order/],
    ['bf16; seed=-1', /seed: expected an integer/],
    ['autocast(bf17)', /expected a format/],
    ['bf16; input=exact', /input: expected/],
  ])('refuses %j', (text, message) => {
    expect(() => specsOf(text)).toThrow(InputError);
    expect(() => specsOf(text)).toThrow(message);
  });
  it('allows an order without fma where nothing is multiplied', () => {
    expect(specsOf('bf16; fma=on; *.probs: order=pairwise')['layers.0.probs'].order.kind).toBe('pairwise');
  });
  it('text of a spec reads back', () => {
    const order = fc.constantFrom('sequential', 'reversed', 'pairwise', 'kahan', 'blocked(7)', 'lanes(3)', 'splitk(2)');
    const format = fc.constantFrom('fp32', 'bf16', 'e4m3', 'e5m9', 'decimal:8');
    fc.assert(
      fc.property(format, format, order, fc.boolean(), fc.nat(), (out, product, orderName, exact, seed) => {
        const text = `${out}; product=${exact ? 'exact' : product}, order=${orderName}, seed=${seed}, mode=${seed % 2 === 0 ? 'odd' : 'stochastic'}`;
        expect(parseSpec(specText(parseSpec(text)))).toEqual(parseSpec(text));
        expect(orderText(parseOrder(orderName))).toBe(orderName);
      }),
      { seed: 1 },
    );
  });
});
