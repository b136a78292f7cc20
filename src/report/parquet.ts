/** Per-row errors as a Parquet file: columnar, typed, read by pandas, polars, DuckDB and hyparquet alike. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { RowRecord } from '../analysis/rows.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const INTEGERS = ['sequence', 'token'] as const;
const DOUBLES = ['relLinf', 'relComponentwise', 'absLinf', 'referenceNorm'] as const;

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 5 + DOUBLES.length + 1 },
  { name: 'tap', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'layer', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'sequence', type: 'INT32', repetition_type: 'REQUIRED' },
  { name: 'head', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'token', type: 'INT32', repetition_type: 'REQUIRED' },
  ...DOUBLES.map((name): SchemaElement => ({ name, type: 'DOUBLE', repetition_type: 'REQUIRED' })),
  { name: 'row', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: 'REQUIRED' },
];

/** Rows a row group holds at least, but for the last: what is kept in memory as objects before it is encoded. */
const GROUP = 65_536;

/** Takes rows tap by tap and keeps only their encoded bytes. */
export interface RowsFile {
  add(rows: readonly RowRecord[]): void;
  /** The whole file. Nothing can be added after it. */
  finish(): Uint8Array;
}

/**
 * Collects rows for a Parquet file with the columns tap, layer (null outside blocks), sequence, head (null where the
 * tap has none), token, relLinf, relComponentwise, absLinf, referenceNorm, and row, the list of the row's index in the
 * tap. NaN and infinities are the doubles themselves.
 * @param metadata goes into the file's key-value metadata.
 */
export function rowsFile(metadata: Readonly<Record<string, string>> = {}): RowsFile {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: SCHEMA,
    createdBy: 'ulpwise',
    kvMetadata: Object.entries({ schema: 'ulpwise.rows/1', ...metadata }).map(([key, value]) => ({ key, value })),
  });
  let waiting: RowRecord[] = [];
  const flush = () => {
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    file.write({
      rowGroupSize: rows.length,
      columnData: [
        { name: 'tap', data: rows.map((row) => row.tap) },
        { name: 'layer', data: rows.map((row) => row.layer) },
        // Heads stand between the sequence and the token.
        { name: 'head', data: rows.map((row) => (row.row.length === 3 ? row.row[1] : null)) },
        ...INTEGERS.map((name) => ({ name, data: Int32Array.from(rows, (row) => row[name]) })),
        ...DOUBLES.map((name) => ({ name, data: Float64Array.from(rows, (row) => row[name]) })),
        { name: 'row', data: rows.map((row) => [...row.row]) },
      ].sort((a, b) => columnIndex(a.name) - columnIndex(b.name)),
    });
  };
  return {
    add(rows) {
      for (const row of rows) waiting.push(row);
      if (waiting.length >= GROUP) flush();
    },
    finish() {
      flush();
      file.finish();
      return writer.getBytes();
    },
  };
}

function columnIndex(name: string): number {
  return SCHEMA.findIndex((element) => element.name === name);
}
