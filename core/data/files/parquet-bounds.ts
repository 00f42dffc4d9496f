import { parquetSchema, type AsyncBuffer, type ColumnMetaData, type FileMetaData, type RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { columnTooLarge, damagedColumn, tooManyBytes } from './errors.js';
import { checkPage, type PagedColumn } from './parquet-pages.js';

/** More of anything is refused before it is expanded. */
export const parquetLimits = {
  /** Rows of a file: more than any file of problems has. */
  rows: 10_000_000,
  /** Values of one column in a row group, missing ones included. */
  values: 2 ** 22,
  /** Bytes of one page, expanded. */
  pageBytes: 2 ** 28,
  /** Bytes of one column in a row group, expanded. */
  columnBytes: 2 ** 30,
} as const;

export interface BoundedFile {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  /** For messages. */
  readonly file: string;
}

/**
 * Checks what the headers of a row group claim, for the given columns or all, before anything of it is expanded: a
 * small file can claim any number of rows, and a few bytes stand for any number of equal values. Throws
 * ORZ_DATA_MALFORMED with column and size for what is beyond {@link parquetLimits}, or contradicts itself.
 */
export async function checkRowGroup(
  { buffer, metadata, file }: BoundedFile,
  group: RowGroup,
  columns: readonly string[] | undefined,
): Promise<void> {
  const root = parquetSchema(metadata);
  const found = new Set<string | undefined>();
  for (const { meta_data: meta } of group.columns) {
    const [name = ''] = meta?.path_in_schema ?? [];
    found.add(name);
    if (meta === undefined || (columns !== undefined && !columns.includes(name))) continue;
    const path = getTreePath(root, meta.path_in_schema);
    const column: PagedColumn = {
      file,
      name: meta.path_in_schema.join('.'),
      meta,
      element: path.at(-1)?.element ?? root.element,
      repetition: getMaxRepetitionLevel(path),
      definition: getMaxDefinitionLevel(path),
    };
    checkClaims(column, Number(group.num_rows));
    checkPages(column, await bytesOf(buffer, column));
  }
  for (const name of columns ?? []) if (!found.has(name)) throw damagedColumn(file, name, 'is not in every row group');
}

function checkClaims({ file, name, meta, repetition, element }: PagedColumn, rows: number): void {
  const values = Number(meta.num_values);
  if (values < 0 || (repetition === 0 && values !== rows))
    throw damagedColumn(file, name, `claims ${values} values in ${rows} rows`);
  if (values > parquetLimits.values) throw columnTooLarge(file, name, `${values} values`, `${parquetLimits.values}`);
  const bytes = values * (element.type_length ?? 0);
  if (bytes > parquetLimits.columnBytes) throw tooManyBytes(file, name, bytes, parquetLimits.columnBytes);
}

/** The bytes of a column, which must lie in the file. */
async function bytesOf(buffer: AsyncBuffer, { file, name, meta }: PagedColumn): Promise<DataView> {
  const start = Number(firstByte(meta));
  const end = start + Number(meta.total_compressed_size);
  if (!(start >= 0 && start <= end && end <= buffer.byteLength))
    throw damagedColumn(file, name, `claims bytes ${start} to ${end} of ${buffer.byteLength}`);
  return new DataView(await buffer.slice(start, end));
}

/** As the library finds it. */
const firstByte = ({ dictionary_page_offset: dictionary, data_page_offset: data }: ColumnMetaData): bigint =>
  dictionary === undefined || dictionary === 0n ? data : dictionary;

/** Walks over the pages as the library will, which reads flat columns no further than to their last value. */
function checkPages(column: PagedColumn, view: DataView): void {
  const { file, name, meta, repetition } = column;
  const reader = { view, offset: 0 };
  const claimed = Number(meta.num_values);
  let [values, bytes] = [0, 0];
  while (reader.offset < view.byteLength - 1 && (repetition > 0 || values < claimed)) {
    const header = parquetHeader(reader);
    const size = header.uncompressed_page_size;
    const compressed = header.compressed_page_size;
    if (!(size >= 0 && compressed >= 0 && compressed <= view.byteLength - reader.offset))
      throw damagedColumn(
        file,
        name,
        `has a page of ${compressed} bytes where ${view.byteLength - reader.offset} are left`,
      );
    if (size > parquetLimits.pageBytes) throw tooManyBytes(file, `a page of ${name}`, size, parquetLimits.pageBytes);
    const inPage = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    values += inPage;
    if (!(inPage >= 0 && values <= claimed))
      throw damagedColumn(file, name, `has pages of ${values} values and claims ${claimed}`);
    const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, compressed);
    bytes += checkPage(column, header, page, parquetLimits.pageBytes);
    if (bytes > parquetLimits.columnBytes) throw tooManyBytes(file, name, bytes, parquetLimits.columnBytes);
    reader.offset += compressed;
  }
}
