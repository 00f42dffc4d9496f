import {
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type FileMetaData,
  type RowGroup,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DataRecord } from './json-records.js';
import { isOrzError } from '../../errors.js';
import { implausibleRows, unreadableParquet } from './errors.js';
import { checkRowGroup, parquetLimits } from './parquet-bounds.js';
import { exactTable, jsonFromBytes } from './parquet-values.js';

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
  const rows = rowsOf(footer, buffer.byteLength, file);
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
  const check = (group: RowGroup, columns?: readonly string[]) =>
    guarded(file, 'a row group', () => checkRowGroup({ buffer, metadata, file }, group, columns));
  return {
    columns: names,
    rows,
    async *records(columns) {
      let number = 0;
      for (const group of metadata.row_groups) {
        await check(group, columns);
        const end = number + Number(group.num_rows);
        yield (await read(number, end, columns)).map((value) => ({ value, number: ++number }));
      }
    },
    first: async () => {
      for (const group of metadata.row_groups.filter(({ num_rows: rowsOfGroup }) => rowsOfGroup > 0n).slice(0, 1))
        await check(group);
      return (await read(0, 1))[0];
    },
  };
}

/** Rows of equal values take no place, but no file of problems has that many. */
const maxRowsPerByte = 8;

function rowsOf(metadata: FileMetaData, bytes: number, file: string): number {
  const counts = metadata.row_groups.map((group) => Number(group.num_rows));
  const inGroups = counts.reduce((sum, count) => sum + count, 0);
  const isPlausible = inGroups === Number(metadata.num_rows) && counts.every((count) => count >= 0);
  if (isPlausible && inGroups <= Math.min(parquetLimits.rows, maxRowsPerByte * bytes)) return inGroups;
  throw implausibleRows(file, { claimed: metadata.num_rows, inGroups, bytes });
}

/** The library throws plain errors of many kinds for damaged bytes; `part` says what it reads. */
async function guarded<T>(file: string, part: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw isOrzError(cause) ? cause : unreadableParquet(file, part, cause);
  }
}
