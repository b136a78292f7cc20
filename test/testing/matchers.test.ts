import { describe, expect, it } from 'vitest';
import { bounds } from '../../src/bounds/index.ts';
import { formats, InputError, round } from '../../src/formats/index.ts';
import { ulpwiseMatchers } from '../../src/testing/index.ts';

expect.extend(ulpwiseMatchers);

const { bf16 } = formats;
const x = [1, 0.5, 0.25, 3];
const y = [1.5, 1.25, -0.75, 0.0078125];
const inputs = { x, y, format: 'bf16' };
const exact = x.reduce((sum, xi, i) => sum + xi * y[i], 0);
const computed = x.map((xi, i) => round(xi * y[i], bf16)).reduce((sum, z) => round(sum + z, bf16));

function messageOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('expected the assertion to fail');
}

describe('toRespect', () => {
  it('passes where the error is no larger than the bound', () => {
    expect({ inputs, observed: Math.abs(computed - exact) }).toRespect('dotSeq');
    expect({ inputs, observed: Math.abs(computed - exact) }).toRespect(bounds.get('dotPair'));
    expect({ inputs, observed: 0 }).toRespect('dotSeq');
    expect({ inputs, observed: 1 }).not.toRespect('dotSeq');
  });
  it('says what was observed, what the bound is, and of what it was made', () => {
    expect(messageOf(() => expect({ inputs, observed: 0.5 }).toRespect('dotSeq'))).toMatchInlineSnapshot(`
      "expected the error not to exceed dotSeq (rigorous), |fl(x·y) − x·y|
        observed: 0.5
        bound:    0.0364990234375, guaranteed: 0.03649902343750836
        ratio:    13.698996655518394
        formula:  (nearest ? n * u : expm1(n * log1p(u))) * (X + A) + A
        with      n = 4, u = 0.00390625, X = 2.3359375, A = 1.8367099231598242e-40, nearest = 1"
    `);
    expect(messageOf(() => expect({ inputs, observed: 0 }).not.toRespect('dotSeq'))).toMatch(
      /^expected the error to exceed dotSeq/,
    );
  });
  it('names the worst component, and the second-order factor', () => {
    const gelu = { inputs: { x: [1, 2, 3], format: 'fp16' }, observed: [0, 1, 0.001] };
    const message = messageOf(() => expect(gelu).toRespect('geluAbs'));
    expect(message).toContain('(component 1 of 3)');
    expect(message).toContain('observed: 1\n');
    expect(message).toContain('times:    ');
    expect(message).toContain('x = 2,');
  });
  it('fails where the bound is not valid, and so does its opposite', () => {
    const outside = { inputs: { ...inputs, x: [0.1, 1, 1, 1] }, observed: 0 };
    const reason = 'dotSeq is not valid here, so it says nothing of the error: x and y hold numbers of the format';
    expect(messageOf(() => expect(outside).toRespect('dotSeq'))).toContain(reason);
    expect(messageOf(() => expect(outside).not.toRespect('dotSeq'))).toContain(reason);
  });
  it('takes NaN for a violation', () => {
    expect({ inputs, observed: Number.NaN }).not.toRespect('dotSeq');
    expect(messageOf(() => expect({ inputs, observed: Number.NaN }).toRespect('dotSeq'))).toContain('observed: NaN');
  });
  it('compares with the value of a probabilistic bound', () => {
    const result = bounds.get('dotProb').evaluate({ ...inputs, lambda: 3 });
    const value = result.valid ? (result.value as number) : Number.NaN;
    expect({ inputs: { ...inputs, lambda: 3 }, observed: value }).toRespect('dotProb');
    expect({ inputs: { ...inputs, lambda: 3 }, observed: value * (1 + 2 ** -40) }).not.toRespect('dotProb');
  });
  it.each([
    ['no bound of this name', () => expect({ inputs, observed: 0 }).toRespect('dotSeg')],
    ['a heuristic', () => expect({ inputs, observed: 0 }).toRespect('rhoLN')],
    ['something else than a run', () => expect(0.5).toRespect('dotSeq')],
    ['no errors', () => expect({ inputs }).toRespect('dotSeq')],
    ['more errors than components', () => expect({ inputs, observed: [0, 0] }).toRespect('dotSeq')],
    [
      'an input that the bound does not have',
      () => expect({ inputs: { ...inputs, n: 4 }, observed: 0 }).toRespect('dotSeq'),
    ],
  ])('refuses %s', (_, assertion) => {
    expect(assertion).toThrow(InputError);
  });
});
