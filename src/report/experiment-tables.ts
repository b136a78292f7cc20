/** Tables of an experiment's results in each format. */
import type { ResultColumn, ResultTable, Row } from '../experiments/experiment.ts';
import { type Column, printTable, type TableFormat } from './table.ts';

function columnOf({ key, header, unit, form }: ResultColumn, rows: readonly Row[]): Column<Row> {
  const numeric = rows.every((row) => typeof row[key] !== 'string');
  return {
    ...{ key, header, align: numeric ? 'right' : 'left', value: (row) => row[key] ?? null },
    ...(unit !== undefined && { unit }),
    ...(form !== undefined && { form }),
  };
}

/** The table, under its title where the format has text around tables. */
export function experimentTable(format: TableFormat, { title, columns, rows }: ResultTable): string {
  const printed = printTable(
    format,
    columns.map((column) => columnOf(column, rows)),
    rows,
  );
  switch (format) {
    case 'md':
      return `**${title}**\n\n${printed}`;
    case 'latex':
      return `% ${title}\n${printed}`;
    case 'csv':
      return printed;
  }
}
