import type { ColumnMetaData, DataReader, PageHeader, SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { damagedColumn, tooManyBytes } from './errors.js';
import { checkRuns } from './parquet-runs.js';
import { zstdBound } from './zstd-size.js';

/** A column in a row group, and what its pages are read with. */
export interface PagedColumn {
  readonly file: string;
  /** Path in the schema, for messages. */
  readonly name: string;
  readonly meta: ColumnMetaData;
  readonly element: SchemaElement;
  /** Maximum levels; 0 for a column that is neither in a list nor optional. */
  readonly repetition: number;
  readonly definition: number;
}

/**
 * Checks a page whose header is plausible, expanding no more than the header says: the runs of levels and of indices
 * must not be longer than the page has values, since each is a few bytes and the library writes it out before it looks.
 * Returns the bytes of the page, expanded. `page` is as stored; `maxBytes` applies to it expanded.
 */
export function checkPage(column: PagedColumn, header: PageHeader, page: Uint8Array, maxBytes: number): number {
  const { type, uncompressed_page_size: size } = header;
  if (type === 'DICTIONARY_PAGE') {
    const values = header.dictionary_page_header?.num_values ?? 0;
    // An entry has at least one byte.
    if (!(values >= 0 && values <= size))
      throw damagedColumn(column.file, column.name, `has a dictionary of ${values} entries in ${size} bytes`);
    requireSmall(column, page, maxBytes);
    return size;
  }
  if (type !== 'DATA_PAGE' && type !== 'DATA_PAGE_V2') return 0;
  const check = new PageCheck(column, maxBytes);
  return size + (type === 'DATA_PAGE' ? check.first(header, page) : check.second(header, page));
}

/** The only codec whose expander does not stop at the size that the header states. */
function requireSmall({ file, name, meta }: PagedColumn, stored: Uint8Array, maxBytes: number): void {
  const bound = meta.codec === 'ZSTD' ? zstdBound(stored) : 0;
  if (bound > maxBytes) throw tooManyBytes(file, `a page of ${name}`, bound, maxBytes);
}

const indexEncodings = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

class PageCheck {
  constructor(
    private readonly column: PagedColumn,
    private readonly maxBytes: number,
  ) {}

  /** A page of version 1: all of it compressed, the levels with their lengths. Returns the bytes of shared prefixes. */
  first(header: PageHeader, page: Uint8Array): number {
    const { num_values: values = 0, encoding } = header.data_page_header ?? {};
    const reader = this.expand(page, header.uncompressed_page_size);
    const { repetition, definition, element } = this.column;
    if (repetition > 0) this.levels(reader, repetition, values);
    const present = definition > 0 ? this.levels(reader, definition, values) : values;
    if (encoding === 'RLE' && element.type === 'BOOLEAN') this.runs(reader, 1, present, 4);
    else if (encoding === 'RLE' || indexEncodings.includes(encoding ?? '')) this.indices(reader, present);
    return encoding === 'DELTA_BYTE_ARRAY' ? this.prefixes(reader, present) : 0;
  }

  /** A page of version 2: the levels uncompressed, with lengths in the header. */
  second(header: PageHeader, page: Uint8Array): number {
    const about = header.data_page_header_v2;
    if (about === undefined) return 0;
    const { num_values: values, num_nulls: nulls, encoding, is_compressed: isCompressed } = about;
    const { repetition_levels_byte_length: repeated, definition_levels_byte_length: defined } = about;
    const [present, levels] = [values - nulls, repeated + defined];
    if (!(nulls >= 0 && present >= 0 && repeated >= 0 && defined >= 0 && levels <= page.length))
      throw this.damaged(`has a page of ${values} values, ${nulls} missing, with levels of ${levels} bytes`);
    const { repetition, definition } = this.column;
    const reader = readerOf(page);
    if (repetition > 0) this.runs(reader, widthOf(repetition), values);
    reader.offset = repeated;
    if (definition > 0) this.runs(reader, widthOf(definition), values);
    const body = page.subarray(levels);
    const content = isCompressed === false ? readerOf(body) : this.expand(body, header.uncompressed_page_size - levels);
    if (encoding === 'RLE') this.runs(content, 1, present, 4);
    else if (indexEncodings.includes(encoding)) this.indices(content, present);
    return encoding === 'DELTA_BYTE_ARRAY' ? this.prefixes(content, present) : 0;
  }

  private expand(stored: Uint8Array, size: number): DataReader {
    requireSmall(this.column, stored, this.maxBytes);
    if (size < 0) throw this.damaged(`has a page of ${size} bytes`);
    return readerOf(decompressPage(stored, size, this.column.meta.codec, compressors));
  }

  /** Passes over the levels, which have their length before them; returns how many are the highest. */
  private levels(reader: DataReader, highest: number, values: number): number {
    this.runs(reader, widthOf(highest), values, 4);
    const levels: number[] = new Array<number>(values);
    readRleBitPackedHybrid(reader, widthOf(highest), levels);
    return levels.reduce((count, level) => count + (level === highest ? 1 : 0), 0);
  }

  /** Indices into the dictionary, which have their width before them. */
  private indices(reader: DataReader, values: number): void {
    const width = reader.view.getUint8(reader.offset);
    if (width > 32) throw this.damaged(`has indices of ${width} bits`);
    this.runs(reader, width, values, 1);
  }

  private runs({ view, offset }: DataReader, width: number, values: number, skipped = 0): void {
    const fault = checkRuns(view, { from: offset + skipped, width, values });
    if (fault !== undefined) throw this.damaged(fault);
  }

  /** Bytes that values share with those before them, which are stored once and expanded for each. */
  private prefixes({ view, offset }: DataReader, values: number): number {
    const reader = { view, offset };
    const lengths = new Int32Array(values);
    deltaBinaryUnpack(reader, values, lengths);
    return lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  }

  private damaged(problem: string) {
    return damagedColumn(this.column.file, this.column.name, problem);
  }
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** Bits of a level. */
const widthOf = (highest: number): number => 32 - Math.clz32(highest);
