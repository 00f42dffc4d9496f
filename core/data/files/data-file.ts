import { lastOf } from '../../arrays.js';
import type { FileFolder } from '../../contracts/files.js';
import { isUtf16 } from '../../text-encoding.js';
import { compressedFile, gitLfsPointer, missingFile, notParquet, unknownFileKind, utf16File } from './errors.js';
import { jsonRecords, type DataRecord } from './json-records.js';
import { openParquet } from './parquet-records.js';

/** One file of records in a folder. */
export interface DataFile {
  readonly folder: FileFolder;
  readonly name: string;
  /** As the configuration names it, for ids and messages. */
  readonly label: string;
}

/** A file whose kind is known, ready to be read once. */
export interface OpenFile {
  readonly kind: 'array' | 'lines' | 'parquet';
  readonly bytes: number;
  /** Top-level columns; only Parquet has them. */
  readonly columns?: readonly string[];
  /** The first record with all its fields, undefined in a file without records. */
  first(): Promise<unknown>;
  /**
   * All records in batches. Of Parquet only these columns are read. `onBytes` receives the number of bytes read so far.
   */
  records(columns: readonly string[] | undefined, onBytes: (bytes: number) => void): AsyncGenerator<DataRecord[]>;
}

const chunkBytes = 2 ** 20;

/**
 * Recognises the kind of a file by its first bytes (and by the names .jsonl and .ndjson, since a line may begin with a
 * bracket). Throws ORZ_DATA_MISSING, ORZ_STORAGE, and ORZ_DATA_MALFORMED for a file of another kind.
 */
export async function openDataFile(file: DataFile): Promise<OpenFile> {
  const { folder, name, label } = file;
  const bytes = await folder.size(name);
  if (bytes === undefined) throw missingFile(label, folder.location);
  const head = await folder.read(name, 0, Math.min(bytes, 4096));
  const start = startsWith(head, byteOrderMark) ? byteOrderMark.length : 0;
  const kind = kindOf(head.subarray(start), label);
  return kind === 'parquet' ? openTable(file, bytes) : openText(file, kind, { start, end: bytes });
}

function openText(
  { folder, name, label }: DataFile,
  kind: 'array' | 'lines',
  { start, end }: { readonly start: number; readonly end: number },
): OpenFile {
  const chunks = async function* (onBytes: (bytes: number) => void = () => undefined) {
    for (let from = start; from < end; from += chunkBytes) {
      const to = Math.min(from + chunkBytes, end);
      onBytes(to);
      yield await folder.read(name, from, to);
    }
  };
  return {
    kind,
    bytes: end,
    first: async () => {
      for await (const [record] of jsonRecords(chunks(), kind, label)) if (record !== undefined) return record.value;
      return undefined;
    },
    records: (_, onBytes) => jsonRecords(chunks(onBytes), kind, label),
  };
}

async function openTable({ folder, name, label }: DataFile, bytes: number): Promise<OpenFile> {
  const slice = async (from: number, to = bytes): Promise<ArrayBuffer> => {
    const part = await folder.read(name, from, to);
    const ownsBuffer = part.byteOffset === 0 && part.byteLength === part.buffer.byteLength;
    return ownsBuffer ? (part.buffer as ArrayBuffer) : part.slice().buffer;
  };
  const parquet = await openParquet({ byteLength: bytes, slice }, label);
  return {
    kind: 'parquet',
    bytes,
    columns: parquet.columns,
    first: () => (parquet.rows === 0 ? Promise.resolve(undefined) : parquet.first()),
    async *records(columns, onBytes) {
      for await (const batch of parquet.records(columns)) {
        if (batch.length > 0) onBytes(bytes * (lastOf(batch).number / parquet.rows));
        yield batch;
      }
    },
  };
}

const byteOrderMark = [0xef, 0xbb, 0xbf];
const parquetMagic = [0x50, 0x41, 0x52, 0x31];
const compressedMagics: readonly (readonly [magic: readonly number[], kind: string])[] = [
  [[0x1f, 0x8b], 'compressed with gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with zstd'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
];

const startsWith = (head: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);

function kindOf(head: Uint8Array, label: string): OpenFile['kind'] {
  if (startsWith(head, parquetMagic)) return 'parquet';
  for (const [magic, kind] of compressedMagics) if (startsWith(head, magic)) throw compressedFile(label, kind);
  if (isUtf16(head)) throw utf16File(label);
  if (/\.parquet$/i.test(label)) throw notParquet(label);
  const text = new TextDecoder().decode(head).trimStart();
  if (/\.(jsonl|ndjson)$/i.test(label) || text.startsWith('{')) return 'lines';
  if (text === '' || text.startsWith('[')) return 'array';
  throw text.startsWith('version https://git-lfs') ? gitLfsPointer(label) : unknownFileKind(label, text.slice(0, 20));
}
