/** `ulpwise formats`: what each number format holds. */
import { formats, parseFormat } from '../formats/index.ts';
import { formatColumns } from '../report/format-table.ts';
import { jsonText } from '../report/json.ts';
import { printTable, type TableFormat } from '../report/table.ts';
import type { Io } from './io.ts';

/** @throws InputError where a name is no format's */
export function runFormats(
  names: readonly string[],
  options: { readonly table: TableFormat; readonly json?: boolean },
  io: Io,
): void {
  const shown = [...Object.values(formats), ...names.map(parseFormat)];
  if (options.json === true) {
    io.stdout(
      jsonText(shown.map((format) => Object.fromEntries(formatColumns.map(({ key, value }) => [key, value(format)])))),
    );
  } else {
    io.stdout(printTable(options.table, formatColumns, shown));
  }
}
