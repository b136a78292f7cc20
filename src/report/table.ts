/** Tables: columns are declared once, with unit, alignment and number form; each output format prints the same declaration. */
import { exactNumber, type NumberForm, shortNumber } from './numbers.ts';
import { csvField, htmlText, latexText, markdownText, plainLine } from './text.ts';

/** null: the row has no such value. */
export type Cell = string | number | boolean | null;

export interface Column<Row> {
  /** Name of the column in CSV. */
  readonly key: string;
  /** Printed header. */
  readonly header: string;
  /** LaTeX of the header, where it is more than the header's text. */
  readonly latexHeader?: string;
  /** Printed behind the header in brackets; none for pure numbers. */
  readonly unit?: string;
  /** Columns next to each other with the same group share a header line in HTML. */
  readonly group?: string;
  readonly align: 'left' | 'right';
  /** Default `scientific`. */
  readonly form?: NumberForm;
  value(row: Row): Cell;
  /** LaTeX of the cell, where it is more than the value's text. */
  latex?(row: Row): string;
}

function headerOf<Row>(column: Column<Row>): string {
  return column.unit === undefined ? column.header : `${column.header} [${column.unit}]`;
}

/** A cell as people read it; '–' where there is none. */
export function cellText<Row>(column: Column<Row>, row: Row): string {
  const cell = column.value(row);
  if (cell === null) return '–';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return typeof cell === 'number' ? shortNumber(cell, column.form ?? 'scientific') : cell;
}

/** A Markdown table whose columns also line up in a terminal. Ends with a newline. */
export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => markdownText(cellText(column, row))));
  const headers = columns.map((column) => markdownText(headerOf(column)));
  const widths = columns.map((_, j) => Math.max(3, ...[headers, ...cells].map((line) => [...line[j]].length)));
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |\n`;
  const pad = (text: string, j: number) => {
    const space = ' '.repeat(widths[j] - [...text].length);
    return columns[j].align === 'left' ? text + space : space + text;
  };
  const rule = columns.map((column, j) =>
    column.align === 'left' ? `:${'-'.repeat(widths[j] - 1)}` : `${'-'.repeat(widths[j] - 1)}:`,
  );
  return [headers.map(pad), rule, ...cells.map((texts) => texts.map(pad))].map(line).join('');
}

/** A LaTeX `tabular` with the rules of the booktabs package. Ends with a newline. */
export function latexTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const header = columns.map((column) => {
    const unit = column.unit === undefined ? '' : ` [${latexText(column.unit)}]`;
    return (column.latexHeader ?? latexText(column.header)) + unit;
  });
  const body = rows.map((row) => columns.map((column) => latexCell(column, row)));
  const line = (texts: readonly string[]) => `  ${texts.join(' & ')} \\\\\n`;
  return [
    `\\begin{tabular}{${columns.map((column) => column.align[0]).join('')}}\n  \\toprule\n`,
    line(header),
    '  \\midrule\n',
    ...body.map(line),
    '  \\bottomrule\n\\end{tabular}\n',
  ].join('');
}

function latexCell<Row>(column: Column<Row>, row: Row): string {
  if (column.latex !== undefined) return column.latex(row);
  const cell = column.value(row);
  if (cell === null) return '--';
  if (typeof cell !== 'number') return latexText(cellText(column, row));
  const text = shortNumber(cell, column.form ?? 'scientific');
  const [digits, exponent] = text.split('e');
  if (exponent !== undefined) return `$${digits}\\times10^{${exponent}}$`;
  return text.endsWith('inf') ? `$${text.replace('inf', '\\infty')}$` : text.replace(/^-(.*)$/, '$-$1$');
}

/**
 * CSV by RFC 4180: lines end with CRLF, numbers have the digits that read back as the same float64, `NaN`, `Infinity`,
 * `-Infinity`; an absent value is an empty field; booleans are `true` and `false`.
 */
export function csvTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const field = (cell: Cell) => {
    if (cell === null) return '';
    return csvField(typeof cell === 'number' ? exactNumber(cell) : String(cell));
  };
  const lines = [
    columns.map((column) => csvField(column.key)),
    ...rows.map((row) => columns.map((c) => field(c.value(row)))),
  ];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

/** An HTML table; a cell's `data-value` is its full number, and consecutive columns of a group share a header. */
export function htmlTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const grouped = columns.some((column) => column.group !== undefined);
  const groups: { text: string; span: number }[] = [];
  for (const { group } of columns) {
    const last = groups.at(-1);
    if (last !== undefined && group !== undefined && last.text === group) last.span++;
    else groups.push({ text: group ?? '', span: 1 });
  }
  const groupCell = ({ text, span }: { text: string; span: number }) =>
    text === '' ? '<td></td>' : `<th scope="colgroup" colspan="${span}">${htmlText(text)}</th>`;
  const head = columns.map((c) => `<th scope="col" class="${c.align}">${htmlText(headerOf(c))}</th>`).join('');
  const cell = (column: Column<Row>, row: Row, j: number) => {
    const value = column.value(row);
    const data = typeof value === 'number' ? ` data-value="${exactNumber(value)}"` : '';
    const text = htmlText(cellText(column, row));
    return j === 0
      ? `<th scope="row" class="${column.align}">${text}</th>`
      : `<td class="${column.align}"${data}>${text}</td>`;
  };
  const body = rows.map((row) => `<tr>${columns.map((column, j) => cell(column, row, j)).join('')}</tr>\n`).join('');
  const top = grouped ? `<tr class="groups">${groups.map(groupCell).join('')}</tr>\n` : '';
  return `<table>\n<thead>\n${top}<tr>${head}</tr>\n</thead>\n<tbody>\n${body}</tbody>\n</table>\n`;
}

/** How `--table` prints a table. */
export type TableFormat = 'md' | 'latex' | 'csv';

/** The table in the format. */
export function printTable<Row>(format: TableFormat, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  switch (format) {
    case 'md':
      return markdownTable(columns, rows);
    case 'latex':
      return latexTable(columns, rows);
    case 'csv':
      return csvTable(columns, rows);
  }
}

/** Lines of `label: text` as a Markdown list, which also reads well in a terminal. */
export function markdownList(lines: readonly { readonly label: string; readonly text: string }[]): string {
  return lines.map(({ label, text }) => `- ${label}: ${plainLine(text)}\n`).join('');
}
