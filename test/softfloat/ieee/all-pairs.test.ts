/** fp8, fp6 and fp4 exhaustively: fast against oracle, results and flags. */
import { describe, expect, it } from 'vitest';
import { roundingModes } from '../../../src/formats/index.ts';
import { generator } from '../random.ts';
import { binary, binaryNames, type Case, disagreement, testedFormats, unary } from './cases.ts';

const SMALL = ['e5m2', 'e4m3', 'e3m2', 'e2m3', 'e2m1'];

describe.each(SMALL)('%s', (name) => {
  const format = binary(name);
  // fp8 in every mode takes 8 s a format.
  const everyMode = format.width < 8 || process.env.ULPWISE_EXHAUSTIVE !== undefined;
  const codes = Array.from({ length: 2 ** format.width }, (_, code) => BigInt(code));
  const check = (c: Case) => {
    const failure = disagreement(c);
    if (failure !== undefined) expect.fail(failure);
  };

  it(`all pairs, + − × ÷ ${everyMode ? 'in every mode' : 'to nearest even'}, fma with a sample of thirds`, () => {
    const next = generator(8);
    const tininess = () => (next() % 2 === 0 ? 'after' : 'before');
    for (const a of codes) {
      for (const b of codes) {
        for (const mode of everyMode ? roundingModes : (['nearest-even'] as const)) {
          for (const operation of ['add', 'sub', 'mul', 'div'] as const)
            check({ name: operation, operands: [a, b], format, mode, tininess: tininess() });
        }
        const mode = roundingModes[next() % roundingModes.length];
        check({ name: 'fma', operands: [a, b, BigInt(next() % codes.length)], format, mode, tininess: tininess() });
        const rotating = binaryNames[next() % binaryNames.length];
        check({ name: rotating, operands: [a, b], format, mode, tininess: tininess() });
      }
    }
  });

  it('every code: unary functions and conversions, in every mode', () => {
    for (const a of codes) {
      for (const mode of roundingModes) {
        const tininess = a % 3n === 0n ? 'before' : 'after';
        const common = { format, mode, tininess, operands: [a] } as const;
        for (const operation of unary) check({ ...common, name: operation });
        for (const to of testedFormats) check({ ...common, name: 'convert', to });
      }
    }
  });
});

describe.each(['fp16', 'bf16'])('%s, every code', (name) => {
  const format = binary(name);
  const targets = testedFormats.filter(({ width }) => width <= 16);
  it('unary functions and conversions to formats of 16 bits and less, in modes that rotate', () => {
    for (let code = 0; code < 2 ** 16; code++) {
      const mode = roundingModes[code % roundingModes.length];
      const tininess = code % 7 < 4 ? 'after' : 'before';
      const common = { format, mode, tininess, operands: [BigInt(code)] } as const;
      const to = targets[code % targets.length];
      for (const c of [
        { ...common, name: 'convert', to },
        { ...common, name: 'sqrt' },
        { ...common, name: 'roundToIntegral' },
      ] as const) {
        const failure = disagreement(c);
        if (failure !== undefined) expect.fail(failure);
      }
    }
  });
});
