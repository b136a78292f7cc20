/** What holds for every experiment. */
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/experiments/experiment.ts';
import { experimentOf, experiments } from '../../src/experiments/index.ts';
import { describeParameters, parametersOf } from '../../src/experiments/parameters.ts';
import { InputError } from '../../src/formats/index.ts';
import { cellsParquet, readCells } from '../../src/report/cells-parquet.ts';
import { experimentTable } from '../../src/report/experiment-tables.ts';
import { panelsFigure } from '../../src/report/panels-figure.ts';
import { context, small } from './small.ts';

describe.each(experiments.map((experiment) => [experiment.id, experiment] as const))('%s', (id, experiment) => {
  const parameters = parametersOf(experiment, small[id], true);
  const cells = experiment.cells(parameters);

  it('every parameter says what it is, and quick ones are valid', () => {
    for (const { meaning } of describeParameters(experiment)) expect(meaning).not.toBe('');
    expect(() => parametersOf(experiment, [], true)).not.toThrow();
    expect(Object.keys(parametersOf(experiment, []))).toEqual(Object.keys(experiment.parameters.shape));
  });
  it('cells are plain data, each another one', () => {
    expect(JSON.parse(JSON.stringify(cells))).toEqual(cells);
    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(cells.length);
  });
  it('rows are what the columns say, the same each time, and survive their file', async () => {
    const rows: Row[] = [];
    for (const cell of cells) {
      const found = await experiment.run(parameters, cell, context);
      expect(found.length).toBeGreaterThan(0);
      const bytes = cellsParquet(experiment.columns, found, {});
      expect(await readCells(experiment.columns, bytes)).toEqual(found);
      rows.push(...found);
    }
    expect(await experiment.run(parameters, cells[0], context)).toEqual(
      rows.slice(0, (await experiment.run(parameters, cells[0], context)).length),
    );
    for (const { key, kind } of experiment.columns) {
      for (const row of rows) {
        if (row[key] === null) continue;
        expect(typeof row[key], key).toBe(kind === 'text' ? 'string' : 'number');
        if (kind === 'integer') expect(row[key], key).toBe(Number(row[key]) | 0);
      }
    }
    expect(new Set(rows.flatMap((row) => Object.keys(row)))).toEqual(new Set(experiment.columns.map(({ key }) => key)));
    const tables = experiment.tables(rows, parameters);
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) {
      expect(table.rows.length, table.id).toBeGreaterThan(0);
      for (const format of ['md', 'latex', 'csv'] as const) expect(experimentTable(format, table)).not.toBe('');
    }
    for (const figure of experiment.figures(rows, parameters)) {
      const svg = panelsFigure(figure);
      expect(svg).toContain('<path');
      expect(svg).not.toMatch(/="[^"]*(NaN|undefined|Infinity)/);
      expect(panelsFigure(figure)).toBe(svg);
    }
  });
});

describe('parameters', () => {
  it.each([
    ['samples=0', /samples: .*>=1/],
    ['samples=1.5', /samples: .*int/],
    ['smaples=3', /expected a parameter of seed, .* got 'smaples'/],
    ['samples', /expected name=value, got 'samples'/],
    ['formats=', /formats/],
  ])('%s is refused', (assignment, message) => {
    const set = () => parametersOf(experimentOf('softmax'), [assignment]);
    expect(set).toThrow(InputError);
    expect(set).toThrow(message);
  });
  it('a list of one needs no comma', () => {
    expect(parametersOf(experimentOf('softmax'), ['formats=bf16', 'ranges=3'])).toMatchObject({
      formats: ['bf16'],
      ranges: [3],
    });
  });
  it('an unknown experiment is refused by name', () => {
    expect(() => experimentOf('nope')).toThrow(/expected an experiment of .*softmax.*, got 'nope'/);
  });
});
