import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { readSource, type SourceRequest } from '../../../core/data/source.js';
import { errorOf, fileOf } from './support.js';

const read = (content: string | Uint8Array, more: Partial<SourceRequest> = {}, name = 'a.jsonl') =>
  readSource({ name: 'src', origin: 'data.train.0', files: [fileOf(name, content)], ...more });
const lines = (...records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');
const fixture = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../../fixtures/parquet/${name}`, import.meta.url))));

describe('readSource', () => {
  it('numbers its problems by record, per file if it has several', async () => {
    const one = lines({ problem: '1', answer: '1' }, { problem: '2', answer: '2' });
    expect((await read(one)).problems.map(({ id }) => id)).toEqual(['src#1', 'src#2']);
    expect(
      (
        await readSource({ name: 'src', origin: 'x', files: [fileOf('a.jsonl', one), fileOf('b.jsonl', one)] })
      ).problems.map(({ id }) => id),
    ).toEqual(['src/a.jsonl#1', 'src/a.jsonl#2', 'src/b.jsonl#1', 'src/b.jsonl#2']);
  });

  it('reports how much has been read', async () => {
    const shares: number[] = [];
    await readSource(
      {
        name: 'src',
        origin: 'x',
        files: ['a.jsonl', 'b.jsonl'].map((name) => fileOf(name, lines({ problem: '1', answer: '1' }))),
      },
      (share) => shares.push(share),
    );
    expect(shares).toEqual([0.5, 1]);
  });

  it('keeps the fields of the metadata as plain JSON under their paths', async () => {
    const records =
      '{"problem":"a","answer":"1","level":5,"big":12345678901234567890,"checks":[{"in":[1,null]}],"other":1}\n' +
      '{"problem":"b","answer":"2","level":null}';
    const metadata = ['level', 'big', 'checks[0].in'];
    const { problems } = await read(records, { metadata });
    expect(problems.map((problem) => problem.metadata)).toEqual([
      { level: 5, big: '12345678901234567890', 'checks[0].in': [1, null] },
      { level: null },
    ]);
    const odd = await errorOf(read('{"problem":"a","answer":"1","level":NaN}', { metadata }));
    expect(odd).toMatchObject({ code: 'ORZ_DATA_MALFORMED' });
    const table = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'problem', data: ['a'] },
          { name: 'answer', data: ['1'] },
          { name: 'level', data: [3], type: 'INT32' },
        ],
      }),
    );
    const [problem] = (await read(table, { metadata: ['level'] }, 'a.parquet')).problems;
    expect(problem?.metadata).toEqual({ level: 3 });
    expect(await errorOf(read(table, { metadata: ['source'] }, 'a.parquet'))).toMatchObject({
      code: 'ORZ_DATA_MALFORMED',
    });
  });

  it('keeps the pass rate and the metadata of a mined file, and what is asked for besides', async () => {
    const record = { prompt: 'Q', answer: '1', pass_rate: 1 / 3, samples: 3, metadata: { level: 5, 'a.b': [1] } };
    const bare = { prompt: 'R', answer: '1', pass_rate: 0, samples: 3, metadata: 'odd' };
    const kept = async (metadata?: readonly string[]) =>
      (await read(lines(record, bare), { metadata })).problems.map((problem) => problem.metadata);
    const own = [{ level: 5, 'a.b': [1], pass_rate: 1 / 3 }, { pass_rate: 0 }];
    expect(await kept()).toEqual(own);
    expect(await kept(['samples'])).toEqual(own.map((each) => ({ ...each, samples: 3 })));
  });

  it('takes only the selected records, and counts the others', async () => {
    const records = lines(
      { problem: 'a', answer: 1, type: 'Algebra', meta: { level: 5 } },
      { problem: 'b', answer: 2, type: 'Geometry', meta: { level: 5 } },
      { problem: 'c', answer: 3, type: 'Algebra' },
    );
    const selection = async (where: SourceRequest['where']) => {
      const { problems, unselected } = await read(records, { where });
      return [problems.map(({ id }) => id), unselected];
    };
    expect(await selection({ type: 'Algebra' })).toEqual([['src#1', 'src#3'], 1]);
    expect(await selection({ type: ['Algebra', 'Geometry'], 'meta.level': 5 })).toEqual([['src#1', 'src#2'], 1]);
  });

  it('names the values that occur when no record is selected', async () => {
    const { code, details } = await errorOf(
      read(lines({ problem: 'a', answer: '1', type: 'Algebra' }), { where: { type: 'algebra' } }),
    );
    expect([code, details.allowed, details.origin]).toEqual([
      'ORZ_DATA_EMPTY',
      ['type: Algebra'],
      'data.train.0.where',
    ]);
  });

  it('takes ids from a field, and refuses the same id twice, naming both records', async () => {
    expect(
      (
        await read(lines({ uid: 'x', problem: 'a', answer: '1' }, { uid: 7, problem: 'b', answer: '1' }), { id: 'uid' })
      ).problems.map(({ id }) => id),
    ).toEqual(['src/x', 'src/7']);
    const { message, details } = await errorOf(
      read(lines({ uid: 'x', problem: 'a', answer: '1' }, { uid: 'x', problem: 'b', answer: '1' }), { id: 'uid' }),
    );
    expect([message, details.allowed]).toEqual([
      'Field uid of record 2 of a.jsonl is malformed',
      'a unique id; record 1 of a.jsonl has the same',
    ]);
    expect(details.remedy).toContain('data.train.0.id');
  });

  it('reads every record in the form of the first, and refuses one of another', async () => {
    const { message, details } = await errorOf(
      read(`${lines({ question: 'Q', answer: 'x\n#### 1' })}\n\n${lines({ problem: 'Q', answer: '2' })}`),
    );
    expect(message).toBe('Field answer of record 2 (line 3) of a.jsonl is malformed');
    expect(details.remedy).toContain('in the form gsm8k');
  });

  it('reports files without records as ORZ_DATA_EMPTY', async () => {
    for (const content of ['', '\n\n', '[]'])
      expect((await errorOf(read(content, {}, 'a.json'))).code).toBe('ORZ_DATA_EMPTY');
  });
});

describe('readSource of a Parquet file', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'])(
    'reads the compression %s, nested columns too, over several row groups',
    async (codec) => {
      const { problems, form } = await read(fixture(`dapo.${codec}.parquet`), {}, 'a.parquet');
      expect(form).toBe('dapo');
      expect(problems).toEqual(
        [0, 1, 2, 3, 4].map((i) => ({ id: `src#${i + 1}`, prompt: `What is ${i} + ${i}? é𝄞`, answer: String(2 * i) })),
      );
    },
  );

  it('gives whole numbers and lists as from other files', async () => {
    const { problems, unselected } = await read(fixture('mmlu.parquet'), { where: { subject: 'a' } }, 'a.parquet');
    expect([problems.map(({ answer }) => answer), unselected]).toEqual([['A', 'C'], 1]);
  });

  it('recognises it by its content, whatever its name', async () => {
    expect((await read(fixture('mmlu.parquet'), {}, 'download')).form).toBe('mmlu');
  });

  const table = (columns: Readonly<Record<string, readonly unknown[]>>) =>
    new Uint8Array(
      parquetWriteBuffer({ columnData: Object.entries(columns).map(([name, data]) => ({ name, data: [...data] })) }),
    );

  it('refuses other columns, with those there are and those that are needed', async () => {
    const other = table({ text: ['a'], label: [1] });
    expect((await errorOf(read(other, {}, 'a.parquet'))).details).toMatchObject({
      value: 'fields: text, label',
      allowed: expect.stringContaining('orz-train'),
    });
    const { code, message, details } = await errorOf(
      read(other, { fields: { prompt: 'text', answer: 'gold' } }, 'a.parquet'),
    );
    expect([code, message]).toEqual(['ORZ_DATA_MALFORMED', 'a.parquet has no column gold; it has text, label']);
    expect(details.remedy).toContain('needs text, gold');
    expect((await errorOf(read(other, { form: 'gsm8k' }, 'a.parquet'))).message).toBe(
      'a.parquet has no column question, answer; it has text, label',
    );
    expect(
      (await errorOf(read(other, { fields: { prompt: 'text', answer: 'label' }, where: { type: 'x' } }, 'a.parquet')))
        .message,
    ).toBe('a.parquet has no column type; it has text, label');
  });

  it('reports a file without rows as empty', async () => {
    expect(
      (await errorOf(read(table({ problem: [''], answer: [''] }).slice(), { where: { problem: 'x' } }, 'a.parquet')))
        .code,
    ).toBe('ORZ_DATA_EMPTY');
  });

  it('reads a truncated or damaged file, or fails with an error that names it', async () => {
    const whole = fixture('dapo.snappy.parquet');
    const outcomes = new Map<string, number>();
    const attempt = async (bytes: Uint8Array) => {
      const outcome = await read(bytes, { form: 'dapo' }, 'a.parquet').then(
        () => 'read',
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    for (let length = 5; length < whole.length; length += 97) await attempt(whole.subarray(0, length));
    expect([...outcomes.keys()]).toEqual(['ORZ_DATA_MALFORMED']);
    for (let at = 4; at < whole.length; at += 11)
      await attempt(whole.map((byte, i) => (i === at ? byte ^ 0xff : byte)));
    expect(
      [...outcomes.keys()].filter((outcome) => !['read', 'ORZ_DATA_MALFORMED', 'ORZ_DATA_EMPTY'].includes(outcome)),
    ).toEqual([]);
  });

  it('refuses a JSON file that is named .parquet', async () => {
    expect((await errorOf(read('[{"problem": "1", "answer": "1"}]', {}, 'a.parquet'))).message).toBe(
      'a.parquet is named .parquet but does not begin like a Parquet file',
    );
  });
});
