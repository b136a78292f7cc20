/** `ulpwise bounds`: the catalogue, or one bound of it. */
import { formulaToLatex } from '../bounds/formula.ts';
import { type Bound, bounds } from '../bounds/index.ts';
import { theorySection } from '../platform/node-theory.ts';
import { boundColumns } from '../report/bounds-table.ts';
import { type Json, jsonText } from '../report/json.ts';
import { markdownList, printTable, type TableFormat } from '../report/table.ts';
import type { Io } from './io.ts';

/** @throws InputError where an id is no bound's */
export function runBounds(
  ids: readonly string[],
  options: { readonly table: TableFormat; readonly json?: boolean },
  io: Io,
): void {
  const chosen = ids.length === 0 ? bounds.all : ids.map((id) => bounds.get(id));
  if (options.json === true) io.stdout(jsonText(chosen.map(described)));
  else if (ids.length === 0) io.stdout(printTable(options.table, boundColumns, chosen));
  else io.stdout(chosen.map(statement).join('\n'));
}

function described(bound: Bound): Json {
  const { id, title, quantity, kind, scale, norm, formula, secondOrder, symbols, inputs, assumptions, theory, source } =
    bound;
  return {
    ...{ id, title, quantity, kind, scale, norm, formula, latex: formulaToLatex(formula) },
    secondOrder: secondOrder?.formula ?? null,
    symbols,
    inputs: inputs.map(({ name, meaning, optional }) => ({ name, meaning, optional })),
    assumptions: assumptions.map(({ id: name, text }) => ({ id: name, text })),
    ...{ theory, source },
  };
}

function statement(bound: Bound): string {
  const factor = bound.secondOrder === undefined ? [] : [{ label: 'times', text: bound.secondOrder.formula }];
  const head = markdownList([
    { label: 'bounds', text: `${bound.quantity} (${bound.scale}, ${bound.norm})` },
    { label: 'kind', text: bound.kind },
    { label: 'formula', text: bound.formula },
    ...factor,
    ...Object.entries(bound.symbols).map(([label, text]) => ({ label, text })),
    { label: 'source', text: bound.source },
  ]);
  return `# ${bound.id}: ${bound.title}\n\n${head}\n${theorySection(bound.theory, bound.id)}`;
}
