import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DataRecord } from './json-records.js';
import { isOrzError } from '../errors.js';
import { implausibleRows, unreadableParquet } from './errors.js';
import { exactTable, jsonFromBytes } from './parquet-values.js';

/** More rows than any file of problems has; a damaged file could claim any number. */
const maxRows = 50_000_000;

/** A Parquet file whose footer has been read. */
export interface ParquetFile {
  /** Names of the top-level columns, in order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /**
   * Rows in batches, one row group at a time, so that memory holds no more than one. Only the given columns, which must
   * exist; all if absent.
   */
  records(columns?: readonly string[]): AsyncGenerator<DataRecord[]>;
  /** The first row with all columns. */
  first(): Promise<unknown>;
}

/**
 * Opens a Parquet file in any compression that hyparquet and hyparquet-compressors read (snappy, gzip, zstd, brotli,
 * lz4). Throws ORZ_DATA_MALFORMED, as does reading, when the file is truncated or damaged.
 */
export async function openParquet(buffer: AsyncBuffer, file: string): Promise<ParquetFile> {
  const footer = await guarded(file, 'a footer', () => parquetMetadataAsync(buffer));
  const rows = rowsOf(footer, file);
  const { names, metadata, restore } = await guarded(file, 'a schema', () => exactTable(footer, file));
  const read = (rowStart: number, rowEnd: number, columns?: readonly string[]) =>
    guarded(file, `rows ${rowStart + 1} to ${rowEnd}`, async () => {
      const found = await parquetReadObjects({
        file: buffer,
        metadata,
        compressors,
        utf8: false,
        parsers: { jsonFromBytes },
        rowStart,
        rowEnd,
        ...(columns && { columns: [...columns] }),
      });
      return found.map(restore);
    });
  return {
    columns: names,
    rows,
    async *records(columns) {
      let number = 0;
      for (const group of metadata.row_groups) {
        const end = number + Number(group.num_rows);
        yield (await read(number, end, columns)).map((value) => ({ value, number: ++number }));
      }
    },
    first: async () => (await read(0, 1))[0],
  };
}

function rowsOf(metadata: FileMetaData, file: string): number {
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (inGroups === Number(metadata.num_rows) && inGroups <= maxRows) return inGroups;
  throw implausibleRows(file, metadata.num_rows, inGroups);
}

/** The library throws plain errors of many kinds for damaged bytes; `part` says what it reads. */
async function guarded<T>(file: string, part: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isOrzError(cause) ? cause : unreadableParquet(file, part, cause);
  }
}
