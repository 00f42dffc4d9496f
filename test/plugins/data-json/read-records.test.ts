import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../plugins/data-json/read-records.js';
import { errorOf, useFolder } from './files.js';

const folder = useFolder();
const read = (content: string | Uint8Array, name = 'data.json') => readRecords(folder.write(name, content));
const problemOf = async (content: string | Uint8Array, name = 'data.json') => {
  const { code, message, details } = await errorOf(read(content, name));
  return `${code} ${message.replace(folder.path(name), name)} (${details.remedy})`;
};

describe('readRecords', () => {
  it('numbers the entries of an array from 1', async () => {
    expect(await read(' [ {"a": [1, "]"]},\n {"b": "\\",["} , 3] \n')).toEqual([
      { value: { a: [1, ']'] }, number: 1 }, { value: { b: '",[' }, number: 2 }, { value: 3, number: 3 },
    ]);
  });

  it.each(['data.jsonl', 'data.NDJSON', 'data.json'])('reads one object per line from %s, whatever ends the lines; empty lines do not count', async (name) => {
    expect(await read('\ufeff{"a": 1}\r\n\n{"a": 2}', name)).toEqual([{ value: { a: 1 }, number: 1 }, { value: { a: 2 }, number: 2 }]);
  });

  it('reads arrays as lines only from a file named .jsonl', async () => {
    expect(await read('[1, 2]\n[3]\n', 'data.jsonl')).toEqual([{ value: [1, 2], number: 1 }, { value: [3], number: 2 }]);
    expect(await problemOf('[1, 2]\n[3]\n')).toBe('ORZ_DATA_MALFORMED data.json goes on after the end of the array, at line 2, byte 8 (Remove what follows the closing bracket, or name the file .jsonl if each line is a record.)');
  });

  it.each(['', ' \n', '[]', '\ufeff[ ]\n'])('says that %j is empty', async (content) => {
    const error = await errorOf(read(content));
    expect([error.code, error.details.value]).toEqual(['ORZ_DATA_EMPTY', folder.path('data.json')]);
  });

  it.each([
    ['a fault inside a record', '[{"a": 1},\n {"a": tru},\n {"a": 3}]', /record 2 is not JSON, at line 2, byte \d\d: Unexpected token '}'/],
    ['its exact place, if the parser says it, in bytes', '[{"é": 1},\n {"é" 2}]', /record 2 is not JSON, at line 2, byte 20: Expected ':' after property name/],
    ['a comma too many', '[1,\n\n2,,3]', /record 3 is not JSON, at line 3, byte 8: Unexpected end/],
    ['an array that ends inside a record', '[{"a": 1},\n {"a": "2', /ends inside record 2, which begins at line 2, byte 13 \(The file is cut short/],
    ['an array that ends between records', '[1,\n 2,\n', /ends after record 2, before the array is closed \(The file is cut short/],
    ['no array', '"text"', /begins with "\\"text\\"" \(Give a JSON array/],
    ['an object over several lines', '{\n "a": 1}', /record 1 is not JSON, at line 1, byte 2: Expected property name/],
  ])('locates %s', async (_, content, expected) => {
    expect(await problemOf(content)).toMatch(expected);
    expect(await problemOf(content)).toMatch(/^ORZ_DATA_MALFORMED data\.json /);
  });

  it('locates a fault in a line', async () => {
    expect(await problemOf('{"a": 1}\n\n{"a": 2\n{"a": 3}\n', 'data.jsonl')).toMatch(/record 2 is not JSON, at line 3, byte 1\d: Expected ',' or '}'/);
  });

  it('locates bytes that are not UTF-8, also after a replacement character that is meant', async () => {
    const bytes = Buffer.concat([Buffer.from('["\ufffd'), Buffer.from([0xe9]), Buffer.from('"]')]);
    expect(await problemOf(bytes)).toBe('ORZ_DATA_MALFORMED data.json is not UTF-8: byte 6 is 233 (Save it as UTF-8.)');
  });

  it('says when a file cannot be read', async () => {
    expect((await errorOf(readRecords(folder.path('.')))).code).toBe('ORZ_STORAGE');
  });
});
