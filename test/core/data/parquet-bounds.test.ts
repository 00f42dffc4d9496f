import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ColumnMetaData, FileMetaData, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { describe, expect, it } from 'vitest';
import { openParquet } from '../../../core/data/files/parquet-records.js';
import { checkRuns } from '../../../core/data/files/parquet-runs.js';
import { zstdBound } from '../../../core/data/files/zstd-size.js';
import { isOrzError } from '../../../core/errors.js';
import { createRandom } from '../../../core/random.js';
import { allOf, errorOf } from './support.js';

async function rowsOf(bytes: Uint8Array): Promise<number> {
  const slice = (from: number, to?: number) => Promise.resolve(bytes.slice(from, to).buffer);
  const table = await openParquet({ byteLength: bytes.length, slice }, 'x.parquet');
  await table.first();
  return (await allOf(table.records())).length;
}

interface Page {
  /** Fields of the page header in Thrift, by number. */
  readonly header: Readonly<Record<`field_${number}`, unknown>>;
  readonly bytes: readonly number[];
}

interface Claims {
  readonly pages: readonly Page[];
  readonly rows?: number;
  readonly column?: Partial<ColumnMetaData>;
  readonly element?: Partial<SchemaElement>;
  /** Bytes of nothing, so that the file is as large as its rows need. */
  readonly padding?: number;
}

/** A file of one column `a` of numbers, with whatever claims. */
function fileOf({ pages, rows = 8, column = {}, element = {}, padding = 0 }: Claims): Uint8Array {
  const writer = new ByteWriter();
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  for (const { header, bytes } of pages) {
    serializeTCompactProtocol(writer, header);
    writer.appendBytes(Uint8Array.from(bytes));
  }
  const size = BigInt(writer.offset - 4);
  writer.appendBytes(new Uint8Array(padding));
  const meta: ColumnMetaData = {
    ...{ type: 'INT32', encodings: ['PLAIN'], path_in_schema: ['a'], codec: 'UNCOMPRESSED', num_values: BigInt(rows) },
    ...{ total_uncompressed_size: size, total_compressed_size: size, data_page_offset: 4n },
    ...column,
  };
  const metadata: FileMetaData = {
    version: 2,
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'a', type: 'INT32', repetition_type: 'REQUIRED', ...element },
    ],
    num_rows: BigInt(rows),
    row_groups: [{ columns: [{ file_offset: 4n, meta_data: meta }], total_byte_size: size, num_rows: BigInt(rows) }],
    metadata_length: 0,
  };
  writeMetadata(writer, metadata);
  writer.appendBytes(new TextEncoder().encode('PAR1'));
  return new Uint8Array(writer.getBytes());
}

const encodings = { plain: 0, dictionary: 2, rle: 3, prefixes: 7, dictionaryIndex: 8 };
/** A data page of version 1. */
const dataPage = (values: number, encoding: number, bytes: readonly number[], size = bytes.length): Page => ({
  header: {
    field_1: 0,
    field_2: size,
    field_3: bytes.length,
    field_5: { field_1: values, field_2: encoding, field_3: encodings.rle, field_4: encodings.rle },
  },
  bytes,
});
const numbers = [...new Uint8Array(new Int32Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer)];
const varInt = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varInt(Math.floor(value / 128))];
const optional = { repetition_type: 'OPTIONAL' } as const;
const refused = async (claims: Claims): Promise<string> => {
  const { code, message } = await errorOf(rowsOf(fileOf(claims)));
  return `${code} ${message}`;
};

describe('a Parquet file', () => {
  it('that claims what it holds is read', async () => {
    expect(await rowsOf(fileOf({ pages: [dataPage(8, encodings.plain, numbers)] }))).toBe(8);
    const levels = [2, 0, 0, 0, ...varInt(8 << 1), 1];
    const page = dataPage(8, encodings.plain, [...levels, ...numbers]);
    expect(await rowsOf(fileOf({ pages: [page], element: optional }))).toBe(8);
  });

  const gibi = 2 ** 30;
  it.each<[what: string, claims: Claims, message: string]>([
    ['more rows than its size allows', { pages: [dataPage(8, 0, numbers)], rows: 2 ** 31 }, 'claims 2147483648 rows'],
    [
      'more values than a row group may have',
      { pages: [], rows: 5_000_000, padding: 700_000 },
      'has 5000000 values in a; allowed are 4194304',
    ],
    [
      'more values than rows',
      { pages: [dataPage(8, 0, numbers)], column: { num_values: 9n } },
      'column a claims 9 values in 8 rows',
    ],
    [
      'values below none',
      { pages: [dataPage(8, 0, numbers)], column: { num_values: -8n } },
      'column a claims -8 values in 8 rows',
    ],
    [
      'bytes that it does not have',
      { pages: [dataPage(8, 0, numbers)], column: { total_compressed_size: 1n << 40n } },
      'column a claims bytes 4 to',
    ],
    [
      'a page beyond the limit',
      { pages: [dataPage(8, 0, numbers, gibi)], column: { codec: 'SNAPPY' } },
      'has 1024 MiB in a page of a; allowed are 256 MiB',
    ],
    ['a page of less than nothing', { pages: [dataPage(8, 0, numbers, -1)] }, 'column a has a page of'],
    [
      'pages beyond the limit together',
      { pages: Array.from({ length: 5 }, () => dataPage(1, 0, [], 2 ** 28)), column: { codec: 'GZIP' } },
      'in a; allowed are 1024 MiB',
    ],
    [
      'a page of more values than the column',
      { pages: [dataPage(2 ** 30, 0, numbers)] },
      'column a has pages of 1073741824 values and claims 8',
    ],
    ['a page of fewer values than none', { pages: [dataPage(-5, 0, numbers)] }, 'column a has pages of -5 values'],
    [
      'a dictionary larger than its bytes',
      {
        pages: [
          {
            header: { field_1: 2, field_2: 4, field_3: 4, field_7: { field_1: 2 ** 30, field_2: 0 } },
            bytes: [1, 0, 0, 0],
          },
        ],
      },
      'column a has a dictionary of 1073741824 entries in 4 bytes',
    ],
    [
      'a long run of indices',
      { pages: [dataPage(8, encodings.dictionaryIndex, [1, ...varInt(2 ** 31 - 2), 1])] },
      'column a has a run of 1073741823 where 8 are left',
    ],
    [
      'a long packed run of indices without bits',
      {
        pages: [
          {
            header: {
              field_1: 3,
              field_2: 6,
              field_3: 6,
              field_8: {
                field_1: 8,
                field_2: 0,
                field_3: 8,
                field_4: encodings.dictionaryIndex,
                field_5: 0,
                field_6: 0,
                field_7: false,
              },
            },
            bytes: [0, ...varInt(2 ** 31 - 1)],
          },
        ],
      },
      'where 8 are left',
    ],
    [
      'a long run of levels',
      { pages: [dataPage(8, 0, [6, 0, 0, 0, ...varInt(2 ** 32 - 2), 1, ...numbers])], element: optional },
      'column a has a run of 2147483647 where 8 are left',
    ],
    [
      'values of a length beyond the limit',
      {
        pages: [dataPage(8, 0, numbers)],
        element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2 ** 30 },
        column: { type: 'FIXED_LEN_BYTE_ARRAY' },
      },
      'has 8192 MiB in a; allowed are 1024 MiB',
    ],
  ])('that claims %s is refused', async (_, claims, message) => {
    const found = await refused(claims);
    expect(found).toMatch(/^ORZ_DATA_MALFORMED x\.parquet /);
    expect(found).toContain(message);
  });

  it('whose values share long beginnings is refused before they are repeated', async () => {
    // 2^20 values of 4,096 bytes each, of which all but the first have all bytes from the one before.
    const values = 2 ** 20;
    const constant = (first: number, delta: number): number[] => {
      const zigzag = (n: number) => varInt(n < 0 ? -2 * n - 1 : 2 * n);
      const blocks = Math.ceil((values - 1) / 128);
      const later = Array.from({ length: blocks - 1 }, () => [0, 0, 0, 0, 0]).flat();
      return [
        ...varInt(128),
        ...varInt(4),
        ...varInt(values),
        ...zigzag(first),
        ...zigzag(delta),
        0,
        0,
        0,
        0,
        ...later,
      ];
    };
    const bytes = constant(4096, 0);
    const claims: Claims = {
      pages: [dataPage(values, encodings.prefixes, bytes)],
      rows: values,
      padding: 100_000,
      element: { type: 'BYTE_ARRAY' },
      column: { type: 'BYTE_ARRAY' },
    };
    expect(await refused(claims)).toContain('has 4097 MiB in a; allowed are 1024 MiB');
  });

  it('with any bytes changed is read or refused, and never takes long', async () => {
    const random = createRandom(7).stream('damage');
    const outcomes = { read: 0, refused: 0 };
    let drawn = 0;
    for (const name of ['dapo.none', 'dapo.zstd', 'dapo.gzip', 'numbers', 'numbers.integers']) {
      const path = fileURLToPath(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url));
      const whole = new Uint8Array(await readFile(path));
      for (let i = 0; i < 100; i++) {
        const damaged = whole.slice();
        for (let change = 0; change <= i % 3; change++)
          damaged[random.integer(whole.length, drawn++)] = [0, 127, 255, random.integer(256, drawn++)][i % 4] ?? 0;
        const outcome: unknown = await rowsOf(damaged).catch((error: unknown) => error);
        if (typeof outcome === 'number') outcomes.read++;
        else if (isOrzError(outcome) && outcome.code === 'ORZ_DATA_MALFORMED') outcomes.refused++;
        else throw outcome;
      }
    }
    expect(outcomes.read + outcomes.refused).toBe(500);
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(50);
  });
});

describe('checkRuns', () => {
  const check = (bytes: readonly number[], width: number, values: number) =>
    checkRuns(new DataView(Uint8Array.from(bytes).buffer), { from: 0, width, values });

  it('accepts runs that make up the values, and the padding of packed ones', () => {
    expect(check([...varInt(100 << 1), 7], 3, 100)).toBeUndefined();
    expect(check([(2 << 1) | 1, 0, 0, 0, 0, 0, 0], 3, 13)).toBeUndefined();
    expect(check([...varInt(5 << 1), 7, (1 << 1) | 1, 0, 0, 0], 3, 13)).toBeUndefined();
  });

  it('refuses a run that is too long, also with a length of more bits than a reader keeps', () => {
    expect(check([...varInt(101 << 1), 7], 3, 100)).toBe('has a run of 101 where 100 are left');
    expect(check(varInt(2 ** 40), 3, 100)).toContain('where 100 are left');
    expect(check([0x81, 0x80, 0x80, 0x80, 0x80, 0x7f, 0], 0, 8)).toContain('where 8 are left');
  });
});

describe('zstdBound', () => {
  const frame = (...bytes: readonly number[]) => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes]);
  const block = (type: number, size: number, isLast = true) => {
    const header = (size << 3) | (type << 1) | (isLast ? 1 : 0);
    return [header & 255, (header >>> 8) & 255, (header >>> 16) & 255];
  };

  it('is at least what the blocks expand to, without expanding them', () => {
    // One byte of content size, in one segment: 3 raw bytes.
    expect(zstdBound(frame(0x20, 3, ...block(0, 3), 1, 2, 3))).toBe(3);
    // A window of 1 KiB, and a byte repeated 2^21 − 1 times.
    expect(zstdBound(frame(0, 0, ...block(1, 2 ** 21 - 1), 7))).toBe(2 ** 21 - 1);
    expect(zstdBound(frame(0, 0, ...block(1, 1000, false), 7, ...block(2, 2), 0, 0))).toBe(1000 + 2 ** 17);
    const many = Array.from({ length: 1000 }, () => [...block(1, 2 ** 20, false), 7]).flat();
    expect(zstdBound(frame(0, 0, ...many, ...block(0, 0)))).toBe(1000 * 2 ** 20);
  });

  it('counts what frames claim: content, window, several frames', () => {
    expect(zstdBound(frame(0xe0, 0, 0, 0, 0, 0, 1, 0, 0, ...block(0, 0)))).toBe(2 ** 40);
    expect(zstdBound(frame(0, 0xf8, ...block(0, 0)))).toBe(2 ** 41);
    const two = [...frame(0x20, 3, ...block(0, 3), 1, 2, 3), ...frame(0x20, 2, ...block(0, 2), 1, 2)];
    expect(zstdBound(Uint8Array.from([...two, 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]))).toBe(5);
  });

  it('is infinite for what is truncated or no Zstandard', () => {
    for (const bytes of [frame(), frame(0x20), frame(0, 0, 1), Uint8Array.from([1, 2, 3, 4, 5])])
      expect(zstdBound(bytes)).toBe(Infinity);
  });
});
