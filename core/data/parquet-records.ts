import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { DataRecord } from './json-records.js';
import { malformedFile } from './place.js';

/** More rows than any file of problems has; a damaged file could claim any number. */
const mostRows = 50_000_000;

/** A Parquet file whose footer has been read. */
export interface ParquetFile {
  /** Names of the top-level columns, in order. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Rows in batches, one row group at a time, so that no more than one is held. Only the given columns, which must exist; all if absent. */
  records(columns?: readonly string[]): AsyncGenerator<DataRecord[]>;
  /** The first row with all columns. */
  first(): Promise<unknown>;
}

/**
 * Opens a Parquet file of any compression hyparquet and its companion know (snappy, gzip, zstd, brotli, lz4). Throws ORZ_DATA_MALFORMED, as does
 * reading, when the file is cut short or damaged.
 */
export async function openParquet(buffer: AsyncBuffer, file: string): Promise<ParquetFile> {
  const metadata = await guarded(file, 'has a footer that cannot be read', () => parquetMetadataAsync(buffer));
  const rows = rowsOf(metadata, file);
  const read = (rowStart: number, rowEnd: number, columns?: readonly string[]) =>
    guarded(file, `has rows ${rowStart + 1} to ${rowEnd} that cannot be read`, () =>
      parquetReadObjects({
        file: buffer,
        metadata,
        compressors,
        rowStart,
        rowEnd,
        ...(columns && { columns: [...columns] }),
      }),
    );
  return {
    columns: (metadata.schema[0]?.num_children ?? 0) === 0 ? [] : topLevel(metadata),
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
  if (inGroups === Number(metadata.num_rows) && inGroups <= mostRows) return inGroups;
  throw malformedFile(
    file,
    `claims ${metadata.num_rows} rows and has row groups of ${inGroups}`,
    'The file is damaged, or too large: fetch it again, or split it.',
  );
}

/** Children of the root: skips over the descendants of each. */
function topLevel({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at]?.num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]!.name);
  return names;
}

/** The library throws plain errors of many kinds for damaged bytes. */
async function guarded<T>(file: string, problem: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'OrzError') throw cause;
    throw malformedFile(
      file,
      `${problem}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'The file is cut short or damaged: fetch it again.',
      cause,
    );
  }
}
