/** Every bound of the catalogue: what it says of itself, its formula, its theory, its trials. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateFormula, formulaToLatex, symbolsOf } from '../../src/bounds/formula.ts';
import { bounds, type Values } from '../../src/bounds/index.ts';
import { formats } from '../../src/formats/index.ts';
import { Random } from '../../src/testing/random.ts';
import type { Trial } from '../../src/testing/trial.ts';
import { trials } from '../../src/testing/trials/index.ts';

const root = resolve(import.meta.dirname, '../..');
const tried = ['fp32', 'tf32', 'fp16', 'bf16', 'e5m2', 'e4m3'] as const;
const CASES = 60;

const components = (values: Values): readonly number[] => (typeof values === 'number' ? [values] : [...values]);

describe('theory/', () => {
  it.each(readdirSync(resolve(root, 'theory')))(
    '%s names code and tests that exist, and the bounds that it holds',
    (name) => {
      const text = readFileSync(resolve(root, 'theory', name), 'utf8');
      const listed = (key: string): string[] =>
        new RegExp(`^${key}:(.*)$`, 'm').exec(text)?.[1].trim().split(/\s+/).filter(Boolean) ?? [];
      expect(listed('code').length).toBeGreaterThan(0);
      for (const path of [...listed('code'), ...listed('tests')])
        expect(existsSync(resolve(root, path)), path).toBe(true);
      const held = bounds.all.filter(({ theory }) => theory === `theory/${name}`).map(({ id }) => id);
      expect(listed('bounds').sort()).toEqual(held.sort());
    },
  );
});

describe.each(bounds.all.map((bound) => [bound.id, bound] as const))('%s', (id, bound) => {
  const trial = trials.get(id);

  it('names the symbols of its formula, and no others', () => {
    const used = new Set([...symbolsOf(bound.formula), ...symbolsOf(bound.secondOrder?.formula ?? '1')]);
    used.delete('e');
    expect([...used].sort()).toEqual(Object.keys(bound.symbols).sort());
    expect(formulaToLatex(bound.formula)).not.toBe('');
    for (const input of bound.inputs) expect(input.meaning, input.name).not.toBe('');
  });

  it('has its section in theory/', () => {
    const path = resolve(root, bound.theory);
    expect(existsSync(path), bound.theory).toBe(true);
    const text = readFileSync(path, 'utf8');
    const section = text.split(/^## /m).find((part) => part.startsWith(`${id}\n`));
    expect(section, `a section '## ${id}' in ${bound.theory}`).toBeDefined();
    const parts = ['Statement', 'Assumptions', 'Derivation', 'Domain', 'Sharpness', 'Not covered', 'References'];
    for (const part of parts) expect(section, part).toContain(`**${part}.**`);
    for (const assumption of bound.assumptions) expect(section, assumption.id).toContain(`\`${assumption.id}\``);
  });

  it('is a bound: formula and code agree, and no error exceeds it', () => {
    if (trial === undefined) throw new Error(`${id} has no trial`);
    let valid = 0;
    for (const name of tried) {
      for (let i = 0; i < CASES; i++) {
        const drawn = trial.draw(new Random(1, `${id} ${name}`, i), formats[name]);
        const seen = trial.observe(drawn);
        if (seen === undefined) continue;
        const result = bound.evaluate(seen.inputs);
        if (!result.valid) continue;
        valid++;
        const scope = bound.scope(seen.inputs);
        if ('valid' in scope) throw new Error('valid for evaluate only');
        const [code, formula] = [components(result.value), components(evaluateFormula(bound.formula, scope))];
        code.forEach((x, j) => {
          expect(Math.abs(x - formula[j]), `${bound.formula} at ${JSON.stringify(drawn)}`).toBeLessThanOrEqual(
            2 ** -44 * Math.abs(x),
          );
        });
        if (result.guaranteed === undefined) continue;
        const limits = components(result.guaranteed);
        components(seen.observed).forEach((error, j) => {
          if (!(error <= limits[j])) throw new Error(`error ${error} above ${limits[j]} at ${JSON.stringify(drawn)}`);
        });
      }
    }
    expect(valid, 'cases with a valid bound').toBeGreaterThan(CASES);
  });

  it('gives no number outside its assumptions', () => {
    const outside: Trial['outside'] = trial?.outside ?? {};
    expect(Object.keys(outside).sort()).toEqual(bound.assumptions.map((assumption) => assumption.id).sort());
    for (const { id: name, text } of bound.assumptions) {
      const result = bound.evaluate(outside[name]);
      expect(result.valid ? 'valid' : result.because, name).toContain(`${text}: `);
    }
  });

  if (bound.kind === 'rigorous' || bound.kind === 'first-order') {
    it('is sharp where its theory says so', () => {
      const { sharp, observe } = trial ?? {};
      const seen = sharp && observe?.(sharp.trial);
      if (seen === undefined) throw new Error('the sharp case gives no observation');
      const result = bound.evaluate(seen.inputs);
      if (!result.valid) throw new Error(result.because);
      const limits = components(result.value);
      const ratio = Math.max(...components(seen.observed).map((error, j) => error / limits[j]));
      expect(ratio).toBeGreaterThanOrEqual((sharp as { ratio: number }).ratio);
    });
  }
});
