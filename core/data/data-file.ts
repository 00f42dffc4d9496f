import type { FileFolder } from '../contracts/files.js';
import { OrzError } from '../errors.js';
import { jsonRecords, type DataRecord } from './json-records.js';
import { openParquet } from './parquet-records.js';
import { fileKinds, malformedFile } from './place.js';

/** One file of records, somewhere. */
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
  /** All records in batches. Of Parquet only these columns are read. `onBytes` is told how many bytes have been read. */
  records(columns: readonly string[] | undefined, onBytes: (bytes: number) => void): AsyncGenerator<DataRecord[]>;
}

const chunkBytes = 2 ** 20;

/**
 * Finds out what a file is, by its first bytes (and by the names .jsonl and .ndjson, since a line may begin with a bracket). Throws ORZ_DATA_MISSING,
 * ORZ_STORAGE, ORZ_DATA_EMPTY for a file without anything, and ORZ_DATA_MALFORMED for one of another kind.
 */
export async function openDataFile({ folder, name, label }: DataFile): Promise<OpenFile> {
  const bytes = await folder.size(name);
  if (bytes === undefined) throw missing(label, folder.location);
  const head = await folder.read(name, 0, Math.min(bytes, 4096));
  const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const kind = kindOf(head.subarray(start), label);
  if (kind === 'parquet') return openColumns({ folder, name, label }, bytes);
  const chunks = async function* (onBytes: (bytes: number) => void = () => undefined) {
    for (let from = start; from < bytes; from += chunkBytes) {
      onBytes(Math.min(from + chunkBytes, bytes));
      yield await folder.read(name, from, Math.min(from + chunkBytes, bytes));
    }
  };
  return {
    kind,
    bytes,
    first: async () => {
      for await (const [record] of jsonRecords(chunks(), kind, label)) if (record !== undefined) return record.value;
      return undefined;
    },
    records: (_, onBytes) => jsonRecords(chunks(onBytes), kind, label),
  };
}

async function openColumns({ folder, name, label }: DataFile, bytes: number): Promise<OpenFile> {
  const slice = async (from: number, to = bytes): Promise<ArrayBuffer> => {
    const part = await folder.read(name, from, to);
    return part.byteOffset === 0 && part.byteLength === part.buffer.byteLength
      ? (part.buffer as ArrayBuffer)
      : part.slice().buffer;
  };
  const parquet = await openParquet({ byteLength: bytes, slice }, label);
  return {
    kind: 'parquet',
    bytes,
    columns: parquet.columns,
    first: () => (parquet.rows === 0 ? Promise.resolve(undefined) : parquet.first()),
    async *records(columns, onBytes) {
      for await (const batch of parquet.records(columns)) {
        onBytes(bytes * (batch.at(-1)!.number / parquet.rows));
        yield batch;
      }
    },
  };
}

const magics: readonly (readonly [magic: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'is compressed with gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'is compressed with zstd'],
  [[0x50, 0x4b, 0x03, 0x04], 'is a zip archive'],
  [[0xff, 0xfe], 'is UTF-16'],
  [[0xfe, 0xff], 'is UTF-16'],
];

const begins = (head: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);

function kindOf(head: Uint8Array, label: string): OpenFile['kind'] {
  if (begins(head, [0x50, 0x41, 0x52, 0x31])) return 'parquet';
  for (const [magic, what] of magics)
    if (begins(head, magic))
      throw malformedFile(label, what, what.includes('UTF-16') ? 'Save it as UTF-8.' : 'Unpack it first.');
  if (/\.parquet$/i.test(label))
    throw malformedFile(
      label,
      'is named .parquet and does not begin as such a file',
      'The file is damaged, or is a pointer of Git LFS: fetch it again.',
    );
  const text = new TextDecoder().decode(head).trimStart();
  if (/\.(jsonl|ndjson)$/i.test(label) || text.startsWith('{')) return 'lines';
  if (text === '' || text.startsWith('[')) return 'array';
  const pointer = text.startsWith('version https://git-lfs');
  throw malformedFile(
    label,
    pointer ? 'is a pointer of Git LFS, not the file' : `begins with ${JSON.stringify(text.slice(0, 20))}`,
    pointer ? 'Fetch the file itself: git lfs pull.' : `Give ${fileKinds}.`,
  );
}

const missing = (label: string, location: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no file ${label}`, {
    value: label,
    origin: location,
    remedy: 'Correct the path, which is relative to the current folder, or fetch the file.',
  });
