import { describe, expect, it } from 'vitest';
import { formulaToLatex } from '../../src/bounds/formula.ts';
import { bounds } from '../../src/bounds/index.ts';
import { run } from '../support/run-cli.ts';

describe('ulpwise bounds', () => {
  it('lists the catalogue', async () => {
    const { code, out, err } = await run(['bounds']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const ids = [...out.matchAll(/^\| (\w+)/gm)].map((match) => match[1]);
    expect(ids).toEqual(['bound', ...bounds.ids]);
  });
  it('prints statement, assumptions, sharpness and source of one', async () => {
    const { code, out } = await run(['bounds', 'dotGamma']);
    expect(code).toBe(0);
    expect(out).toMatch(/^# dotGamma: /);
    expect(out).toContain('- formula: n * u / (1 - n * u) * (X + A) + A');
    expect(out).toContain('- n: number of terms');
    expect(out).toContain('- source: J. H. Wilkinson (1963)');
    for (const part of ['Statement', 'Assumptions', 'Derivation', 'Sharpness', 'References'])
      expect(out).toContain(`**${part}.**`);
  });
  it('prints several, in the order asked for', async () => {
    const { out } = await run(['bounds', 'softmaxTV', 'dotSeq']);
    expect([...out.matchAll(/^# (\w+):/gm)].map((match) => match[1])).toEqual(['softmaxTV', 'dotSeq']);
  });
  it('prints the list as CSV and as LaTeX', async () => {
    const csv = (await run(['bounds', '--table', 'csv'])).out.trimEnd().split(/\r?\n/);
    expect(csv[0]).toBe('id,kind,of,quantity,formula');
    expect(csv.length).toBe(bounds.all.length + 1);
    const latex = (await run(['bounds', '--table', 'latex'])).out;
    expect(latex).toMatch(/^\\begin\{tabular\}\{lllll\}\n/);
    expect(latex.match(/\\\\\n/g)?.length).toBe(bounds.all.length + 1);
    const { formula } = bounds.get('rmsCondC');
    expect(latex).toContain(` & $${formulaToLatex(formula)}$ `);
    expect(formulaToLatex('2*c1*etas/epsilon + A')).toBe('\\frac{2\\cdot c_{1}\\cdot\\mathrm{etas}}{\\epsilon}+ A');
  });
  it('prints JSON, of all and of one', async () => {
    const all = JSON.parse((await run(['bounds', '--json'])).out);
    expect(all.map(({ id }: { id: string }) => id)).toEqual(bounds.ids);
    const [one] = JSON.parse((await run(['bounds', 'lnRound', '--json'])).out);
    const { title, quantity, kind, scale, norm, formula, secondOrder, inputs, assumptions } = bounds.get('lnRound');
    expect(one).toMatchObject({ id: 'lnRound', title, quantity, kind, scale, norm, formula, inputs, assumptions });
    expect(one.secondOrder).toBe(secondOrder?.formula);
    expect(one.latex).toContain('\\');
  });
  it.each([
    ['dotSeg', /did you mean dotSeq\?/],
    ['softmax', /did you mean softmaxUnshifted or softmaxShifted or softmaxShiftedC\?/],
    ['LNROUND', /did you mean lnRound\?/],
    ['zzz', /got 'zzz'; bounds\.ids and 'ulpwise bounds' list all$/],
  ])('refuses %s in one line, with exit code 2', async (id, expected) => {
    for (const command of [
      ['bounds', id],
      ['verify', 'dotSeq', id, '--cases', '10'],
    ]) {
      const { code, out, err } = await run(command);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^ulpwise: bounds: expected the id of a bound, got '[^\n]*\n$/);
      expect(err.trimEnd()).toMatch(expected);
    }
  });
});
