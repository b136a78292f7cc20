/** The rows of an experiment's cell as a Parquet file, and back. */
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Column, Row, Value } from '../experiments/experiment.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const TYPES: Readonly<Record<Column['kind'], Partial<SchemaElement>>> = {
  integer: { type: 'INT32' },
  number: { type: 'DOUBLE' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

/** The same rows give the same bytes. Every column may have nulls. */
export function cellsParquet(
  columns: readonly Column[],
  rows: readonly Row[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ key, kind }) => ({ name: key, repetition_type: 'OPTIONAL', ...TYPES[kind] }) as SchemaElement),
    ],
    createdBy: 'ulpwise',
    kvMetadata: Object.entries({ schema: 'ulpwise.cells/1', ...metadata }).map(([key, value]) => ({ key, value })),
  });
  if (rows.length > 0) {
    const columnData = columns.map(({ key }) => ({ name: key, data: rows.map((row) => row[key] ?? null) }));
    file.write({ rowGroupSize: rows.length, columnData });
  }
  file.finish();
  return writer.getBytes();
}

/** The rows of a file that `cellsParquet` wrote. Rejects what is none. */
export async function readCells(columns: readonly Column[], bytes: Uint8Array): Promise<Row[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  if (metadata.num_rows === 0n) return [];
  const objects = await parquetReadObjects({ file, metadata });
  return objects.map((object) =>
    Object.fromEntries(columns.map(({ key }) => [key, (object as Record<string, Value>)[key] ?? null])),
  );
}
