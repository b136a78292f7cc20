/** The tables of the diagnostics: one row a layer, one row a head, and how the predictors go along with the error. */
import {
  type DiagnosticGroup,
  headNames,
  layerNames,
  quantileNames,
  scopeNames,
} from '../analysis/diagnostics/names.ts';
import type { Correlation, Diagnostics, HeadDiagnostics, LayerDiagnostics } from '../analysis/diagnostics/result.ts';
import { shortNumber } from './numbers.ts';
import { type Column, printTable, type TableFormat } from './table.ts';

type LayerColumn = Column<LayerDiagnostics>;

/** One head of one layer. */
interface HeadRow {
  readonly layer: number;
  readonly head: HeadDiagnostics;
}

const layerColumn: LayerColumn = {
  key: 'layer',
  header: 'layer',
  align: 'right',
  form: 'integer',
  value: ({ layer }) => layer,
};

function number(name: string): LayerColumn {
  const form = name.endsWith('_rank') && !name.startsWith('kq') ? 'integer' : 'fixed';
  return { key: name, header: name, align: 'right', form, value: ({ values }) => values[name] };
}

function formulaColumns({ formulas }: Diagnostics): LayerColumn[] {
  return formulas.map(({ name }, i) => ({
    ...{ key: name, header: name, align: 'right', form: 'fixed' },
    value: (layer) => layer.formulas[i],
  }));
}

/** Every number of a layer, and the users' formulas. */
export function allLayerColumns(diagnostics: Diagnostics): LayerColumn[] {
  return [layerColumn, ...layerNames.map(({ name }) => number(name)), ...formulaColumns(diagnostics)];
}

const ofHeads = new Set(headNames.map(({ name }) => name));

/** The worst head and the median in one cell. */
function overHeads(name: string): LayerColumn {
  const text = (x: number | null) => (x === null ? '–' : shortNumber(x, 'fixed'));
  return {
    ...{ key: name, header: name, align: 'right' },
    value: ({ values }) => `${text(values[name])} / ${text(values[`${name}_median`])}`,
  };
}

const groups: readonly { readonly group: DiagnosticGroup; readonly title: string }[] = [
  { group: 'attention', title: 'Attention (worst head / median head)' },
  { group: 'rows', title: 'Rows of the softmax (quantiles over all heads)' },
  { group: 'query-key', title: 'W_kᵀW_q (worst head / median head)' },
  { group: 'weights', title: 'Weights' },
  { group: 'norms', title: 'Norms' },
  { group: 'residual', title: 'Residual stream' },
  { group: 'predictors', title: 'Predictors, formulas and the observed error' },
];

export interface TitledTable {
  readonly title: string;
  readonly columns: readonly LayerColumn[];
}

/** What a terminal or a paper shows, in a table for each group. */
export function layerTables(diagnostics: Diagnostics): TitledTable[] {
  return groups.map(({ group, title }) => {
    const names = layerNames.filter((entry) => entry.group === group && entry.shown);
    const columns = names
      .filter(({ name }) => !ofHeads.has(name.replace(/_median$/, '')) || ofHeads.has(name))
      .map(({ name }) => (ofHeads.has(name) ? overHeads(name) : number(name)));
    const added = group === 'predictors' ? formulaColumns(diagnostics) : [];
    return { title, columns: [layerColumn, ...columns, ...added] };
  });
}

export function headRows({ layers }: Diagnostics): HeadRow[] {
  return layers.flatMap(({ layer, heads }) => heads.map((head) => ({ layer, head })));
}

const right = (key: string, value: Column<HeadRow>['value'], form: 'fixed' | 'integer'): Column<HeadRow> => ({
  ...{ key, header: key, align: 'right', form },
  value,
});

const headOf: readonly Column<HeadRow>[] = [
  right('layer', ({ layer }) => layer, 'integer'),
  right('head', ({ head }) => head.head, 'integer'),
];

/** Every number of a head. */
export const allHeadColumns: readonly Column<HeadRow>[] = [
  ...headOf,
  ...headNames.map(({ name }) => right(name, ({ head }) => head.values[name], 'fixed')),
  ...(['entropy', 'p_max', 'theta'] as const).flatMap((name) =>
    quantileNames.map((q) => right(`${name}_${q}`, ({ head }) => head.rows[name][q], 'fixed')),
  ),
];

/** The same in two tables that fit a terminal; of quantiles the median. */
const headTables: readonly (readonly Column<HeadRow>[])[] = (['attention', 'query-key'] as const).map((group) => {
  const shown = new Set(headNames.filter((entry) => entry.group === group && entry.shown).map(({ name }) => name));
  const medians = group === 'attention' ? ['entropy_q50', 'p_max_q50', 'theta_q50'] : [];
  return [...headOf, ...allHeadColumns.filter(({ key }) => shown.has(key) || medians.includes(key))];
});

export const correlationColumns: readonly Column<Correlation>[] = [
  { key: 'name', header: 'predictor', align: 'left', value: ({ name }) => name },
  { key: 'spearman', header: 'Spearman', align: 'right', form: 'fixed', value: ({ spearman }) => spearman },
  { key: 'pearson', header: 'Pearson', align: 'right', form: 'fixed', value: ({ pearson }) => pearson },
];

/** Over the correlations. */
export const CORRELATION_TITLE = 'Correlation over layers with the observed error';

/** What the columns mean, a line each; those of a formula are its text. */
export function diagnosticsLegend({ formulas }: Diagnostics): { readonly label: string; readonly text: string }[] {
  return [
    ...layerNames
      .filter(({ name }) => !/_(median|q01|q25|q75|q99)$/.test(name))
      .map(({ name, text }) => ({ label: name, text })),
    ...scopeNames.map(({ name, text }) => ({ label: name, text: `${text} (in formulas)` })),
    ...formulas.map(({ name, text }) => ({ label: name, text })),
  ];
}

/** The text behind the table of an analysis. CSV is one table of all columns, of layers or of heads. */
export function diagnosticsText(diagnostics: Diagnostics, format: TableFormat, detail: 'layers' | 'heads'): string {
  if (format === 'csv') {
    return detail === 'heads'
      ? printTable(format, allHeadColumns, headRows(diagnostics))
      : printTable(format, allLayerColumns(diagnostics), diagnostics.layers);
  }
  const parts = layerTables(diagnostics).map(({ title, columns }) => ({
    title,
    table: printTable(format, columns, diagnostics.layers),
  }));
  if (detail === 'heads') {
    for (const columns of headTables) {
      parts.push({ title: 'Heads', table: printTable(format, columns, headRows(diagnostics)) });
    }
  }
  if (diagnostics.correlations !== null) {
    const table = printTable(format, correlationColumns, diagnostics.correlations);
    parts.push({ title: CORRELATION_TITLE, table });
  }
  const title = (text: string) => (format === 'latex' ? `% ${text}` : `${text}:\n`);
  return parts.map((part) => `${title(part.title)}\n${part.table}`).join('\n');
}
