import { describe, expect, it } from 'vitest';
import { openDataFile } from '../../../core/data/files/data-file.js';
import { jsonRecords } from '../../../core/data/files/json-records.js';
import { allOf, errorOf, fileOf } from './support.js';

const read = async (content: string | Uint8Array, name = 'data.json') =>
  allOf((await openDataFile(fileOf(name, content))).records(undefined, () => undefined));
const values = async (content: string | Uint8Array, name?: string) =>
  (await read(content, name)).map(({ value, number }) => [value, number]);
const problemOf = async (content: string | Uint8Array, name = 'data.json') => {
  const { code, message, details } = await errorOf(read(content, name));
  return `${code} ${message} (${details.remedy})`;
};

describe('openDataFile', () => {
  it('reads the entries of an array as records, numbered from 1, with their lines', async () => {
    expect(await read(' [ {"a": [1, "]"]},\n {"b": "\\",["} , 3] \n')).toEqual([
      { value: { a: [1, ']'] }, number: 1, line: 1 },
      { value: { b: '",[' }, number: 2, line: 2 },
      { value: 3, number: 3, line: 2 },
    ]);
  });

  it.each(['data.jsonl', 'data.NDJSON', 'data.json'])(
    'reads %s that begins with an object line by line, whatever ends the lines; empty lines do not count',
    async (name) => {
      expect(await read('\ufeff{"a": 1}\r\n\n{"a": 2}', name)).toEqual([
        { value: { a: 1 }, number: 1, line: 1 },
        { value: { a: 2 }, number: 2, line: 3 },
      ]);
    },
  );

  it('reads lists on lines only if the file is named .jsonl', async () => {
    expect(await values('[1, 2]\n[3]\n', 'data.jsonl')).toEqual([
      [[1, 2], 1],
      [[3], 2],
    ]);
    expect(await problemOf('[1, 2]\n[3]\n')).toBe(
      'ORZ_DATA_MALFORMED data.json continues after the end of the array, at line 2, byte 8 ' +
        '(Remove what follows the closing bracket, or name the file .jsonl if each line is a record.)',
    );
  });

  it.each(['', ' \n', '[]', '\ufeff[ ]\n'])('finds no record in %j, and no first one', async (content) => {
    expect(await read(content)).toEqual([]);
    expect(await (await openDataFile(fileOf('data.json', content))).first()).toBeUndefined();
  });

  it('gives the same records in whatever chunks the file arrives', async () => {
    const array = '[{"é": "a\\"]"},\n [1, {"b": "€"}],\n\t"𝄞"]\n';
    const lines = '{"é": 1}\n\n["€"]\r\n"𝄞"';
    for (const [text, kind] of [
      [array, 'array'],
      [lines, 'lines'],
    ] as const) {
      const bytes = new TextEncoder().encode(text);
      const inChunks = (size: number) =>
        allOf(
          jsonRecords(
            (async function* () {
              for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
            })(),
            kind,
            'x',
          ),
        );
      const whole = await inChunks(bytes.length);
      expect(whole).toHaveLength(3);
      for (const size of [1, 2, 3, 7, 11]) expect(await inChunks(size)).toEqual(whole);
    }
  });

  it.each([
    [
      'a fault inside a record',
      '[{"a": 1},\n {"a": tru},\n {"a": 3}]',
      /record 2 is not JSON, at line 2, column 8: unexpected "t"/,
    ],
    [
      'its position in characters',
      '[{"é": 1},\n {"é" 2}]',
      /record 2 is not JSON, at line 2, column 7: unexpected "2"/,
    ],
    ['a comma too many', '[1,\n\n2,,3]', /record 3 is not JSON, at line 3, column 3: the text ends too early/],
    ['a comma before the end', '[1,2,]', /record 3 is not JSON, at line 1, column 6: the text ends too early/],
    ['a bracket too many', '[{"a": 1}}, {"a": 2}]', /record 1 is not JSON, at line 1, column 10/],
    [
      'an array that ends inside a record',
      '[{"a": 1},\n {"a": "2',
      /ends inside record 2, which begins at line 2, byte 13 \(The file is truncated/,
    ],
    [
      'an array that ends between records',
      '[1,\n 2,\n',
      /ends after record 2, before the array is closed \(The file is truncated/,
    ],
    ['no array', '"text"', /begins with "\\"text\\"" \(Give a JSON array/],
    [
      'an object over several lines',
      '{\n "a": 1}',
      /record 1 is not JSON, at line 1, column 2: the text ends too early/,
    ],
    ['a table with commas', 'question,answer\n1,2\n', /begins with "question,answer\\n1,2\\n" \(Give a JSON array/],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      /is a Git LFS pointer, not the file itself \(Fetch the file: git lfs pull/,
    ],
  ])('locates %s', async (_, content, expected) => {
    expect(await problemOf(content)).toMatch(expected);
    expect(await problemOf(content)).toMatch(/^ORZ_DATA_MALFORMED data\.json /);
  });

  it('locates a fault in a line', async () => {
    expect(await problemOf('{"a": 1}\n\n{"a": 2\n{"a": 3}\n', 'data.jsonl')).toMatch(
      /record 2 is not JSON, at line 3, column 8: the text ends too early/,
    );
  });

  it('locates bytes that are not UTF-8, also after a genuine replacement character', async () => {
    const bytes = Buffer.concat([Buffer.from('["\ufffd'), Buffer.from([0xe9]), Buffer.from('"]')]);
    expect(await problemOf(bytes)).toBe(
      'ORZ_DATA_MALFORMED data.json is not UTF-8 in record 1, at line 1, byte 6: the byte is 233 ' +
        '(Save the file as UTF-8.)',
    );
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeff[1]', 'utf16le'), /is UTF-16 \(Save it as UTF-8/],
    ['UTF-16 of the other order', Buffer.from('\ufeff[1]', 'utf16le').swap16(), /is UTF-16 \(Save it as UTF-8/],
    ['UTF-16 without a mark', Buffer.from('[1]', 'utf16le'), /is UTF-16 \(Save it as UTF-8/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /is compressed with gzip \(Decompress it first/],
  ])('recognises %s by its first bytes', async (_, content, expected) => {
    expect(await problemOf(content)).toMatch(expected);
  });

  it('refuses a record of more than 16 MiB before it is complete, naming where it begins', async () => {
    const content = `{"a": 1}\n{"a": "${'x'.repeat(17 * 2 ** 20)}`;
    expect(await problemOf(content, 'data.jsonl')).toBe(
      'ORZ_DATA_MALFORMED data.jsonl has a record of more than 16 MiB, which begins at line 2 ' +
        '(Put each record on a line of its own, or write them as a JSON array.)',
    );
    expect(await problemOf(`[1,\n"${'x'.repeat(17 * 2 ** 20)}`)).toMatch(/more than 16 MiB, which begins at line 2/);
  });

  it('reads records nested arbitrarily deep', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await read(`[1, ${deep}]`)).toHaveLength(2);
  });

  it('reports a missing file as ORZ_DATA_MISSING', async () => {
    expect((await errorOf(openDataFile({ ...fileOf('a.json', '[]'), name: 'b.json', label: 'b.json' }))).code).toBe(
      'ORZ_DATA_MISSING',
    );
  });
});
