import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { answerAt } from '../../../core/data/fields.js';
import { openParquet } from '../../../core/data/files/parquet-records.js';

const fixtures = fileURLToPath(new URL('../../fixtures/parquet/', import.meta.url));

async function rowsOf(name: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(`${fixtures}${name}`);
  const slice = (from: number, to?: number) => Promise.resolve(new Uint8Array(bytes.subarray(from, to)).buffer);
  const table = await openParquet({ byteLength: bytes.length, slice }, name);
  const rows: Record<string, unknown>[] = [];
  for await (const batch of table.records()) rows.push(...batch.map(({ value }) => value as Record<string, unknown>));
  return rows;
}

describe.each(['numbers.parquet', 'numbers.integers.parquet'])('numbers of %s', (name) => {
  it('are those that pyarrow and numpy write, digit for digit', async () => {
    const rows = await rowsOf(name);
    const expected = JSON.parse(await readFile(`${fixtures}numbers.json`, 'utf8')) as Record<string, unknown[]>;
    for (const [column, values] of Object.entries(expected)) {
      const found = rows.map((row) => JSON.parse(JSON.stringify(row[column] ?? null)) as unknown);
      expect({ column, found }).toEqual({ column, found: values });
    }
  });

  it('are answers of these digits', async () => {
    const rows = await rowsOf(name);
    const answers = (path: string) => rows.map((row, i) => answerAt(row, path, { file: name, number: i + 1 }));
    expect(answers('decimal128').slice(0, 4)).toEqual(['0.00', '0.01', '-0.01', `${'9'.repeat(36)}.99`]);
    expect(answers('decimal128').at(-1)).toBe('');
    expect(answers('float').slice(0, 2)).toEqual(['2.7', '34.1']);
    expect(answers('nested.list[0].x')[0]).toBe('0.57');
  });
});
