import { describe, expect, it } from 'vitest';
import { needsExactReading, parseExactly } from '../../../core/data/files/exact-json.js';
import { exactNumber, isBeyondDouble, WrittenNumber } from '../../../core/data/files/written-number.js';
import { createRandom } from '../../../core/random.js';

const fault = (problem: string, { line, column }: { line: number; column: number }) =>
  Object.assign(new Error(`${line}:${column} ${problem}`)) as never;
const read = (text: string) => parseExactly(text, { line: 1, column: 1 }, fault);
const written = (text: string) => read(text).numbers.map((number) => number.text);

/** Random whole numbers below n, one after another. */
function counting(seed: number): (n: number) => number {
  const random = createRandom(seed).stream('texts');
  let drawn = 0;
  return (n) => random.integer(n, drawn++);
}

/** With numbers that are kept as written as doubles, and so all other texts; null beyond the range. */
const doubles = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'string' ? (Number.isFinite(Number(each)) ? Number(each) : null) : each,
  );

describe('numbers of a JSON text', () => {
  it.each([
    ...[
      '0',
      '-0',
      '12',
      '120',
      '1e2',
      '1.50',
      '3.0',
      '0.1',
      '-2.5E-3',
      '9007199254740992',
      '1e5',
      '0.5700000000000000',
    ],
    ...['123456789012345680000', '0.12345678901234568', '0e99', '0.0000000000000', '2.2250738585072014e-2'],
  ])('%s is a double', (text) => {
    expect(read(text)).toEqual({ value: Number(text), numbers: [] });
  });

  it.each([
    ...['9007199254740993', '-9007199254740993', '45678901234567890123.45', '0.1000000000000000055511151231257827'],
    ...['1e400', '-1e400', '1e-400', '1E+400', '123456789012345678e-17', `1${'0'.repeat(400)}`, '0.30000000000000001'],
  ])('%s is kept as written', (text) => {
    expect(written(text)).toEqual([text]);
    expect(read(text).numbers.map(isBeyondDouble)).toEqual([true]);
  });

  it.each(['1000000000000000000000', '1e21', '0.0000001', '2e-7'])('%s keeps its digits, and loses none', (text) => {
    expect(String(read(text).value)).toBe(text === '2e-7' ? '2e-7' : text);
    expect(read(text).numbers.map(isBeyondDouble)).not.toContain(true);
  });

  it('agree with the decimal value, for random digits around the limits of a double', () => {
    const below = counting(5);
    for (let i = 0; i < 3000; i++) {
      const digits = Array.from({ length: 1 + below(22) }, () => below(10)).join('');
      const places = below(digits.length + 1);
      const whole = digits.slice(0, digits.length - places).replace(/^0+(?=\d)/, '') || '0';
      const text = places === 0 ? whole : `${whole}.${digits.slice(-places)}`;
      const number = exactNumber(text, { line: 1, column: 1 });
      if (typeof number !== 'number') continue;
      // The double's own text is the same decimal: equal as integers of the same scale.
      const scaled = (value: string) => {
        const [w = '', f = ''] = value.split('.');
        return BigInt(w + f.padEnd(30, '0'));
      };
      expect({ text, value: scaled(String(number)) }).toEqual({ text, value: scaled(text) });
    }
  });
});

describe('parseExactly', () => {
  it('reads what JSON.parse reads, to the same value', () => {
    for (const text of [
      '{"a": [1, 2.5, -3e2, true, false, null], "é": {"b": "x\\n\\u00e9\\ud834\\udd1e\\"\\\\"}, "": []}',
      ' [ ] ',
      '{"__proto__": 1, "constructor": {"__proto__": []}}',
      '{"a": 1, "a": 2, "10": 0, "9": 1}',
      '"\u2028\u2029\ud800"',
      `${'['.repeat(900)}1${']'.repeat(900)}`,
    ]) {
      const { value, numbers } = read(text);
      expect(value).toEqual(JSON.parse(text));
      expect(Object.keys(Object(value))).toEqual(Object.keys(Object(JSON.parse(text))));
      expect(numbers).toEqual([]);
    }
  });

  it('accepts and refuses the same texts as JSON.parse, of random characters of JSON', () => {
    const below = counting(6);
    const parts = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '0',
      '.5',
      '-',
      'e3',
      'true',
      'null',
      ' ',
      '\n',
      '\\',
    ];
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: 1 + below(6) }, () => parts[below(parts.length)]).join('');
      let expected: unknown;
      try {
        expected = { value: doubles(JSON.parse(text)) };
        accepted++;
      } catch {
        expected = 'refused';
      }
      let found: unknown;
      try {
        found = { value: doubles(read(text).value) };
      } catch {
        found = 'refused';
      }
      expect({ text, found }).toEqual({ text, found: expected });
    }
    expect(accepted).toBeGreaterThan(500);
  });

  it('reads the words that Python writes, with where they are', () => {
    const { value, numbers } = read('{"a": NaN,\n "b": [-Infinity, Infinity]}');
    expect(JSON.stringify(value)).toBe('{"a":"NaN","b":["-Infinity","Infinity"]}');
    expect(numbers.map(({ text, position, isWord }) => [text, position, isWord])).toEqual([
      ['NaN', { line: 1, column: 7 }, true],
      ['-Infinity', { line: 2, column: 8 }, true],
      ['Infinity', { line: 2, column: 19 }, true],
    ]);
    expect(numbers[0]).toBeInstanceOf(WrittenNumber);
  });

  it.each([
    ['{"a": tru}', '1:7 unexpected "t"'],
    ['{"a"\n 1}', '2:2 unexpected "1"'],
    ['["a', '1:4 the text ends inside a string'],
    ['["\t"]', '1:3 a string has the control character "\\t", unescaped'],
    ['["\\x"]', '1:3 JSON has no escape \\x'],
    ['["\\sqrt"]', '1:3 JSON has no escape \\s'],
    ['["\\u12"]', '1:3 JSON has no escape \\u'],
    ['[01]', '1:3 unexpected "1"'],
    ['[1] 2', '1:5 unexpected "2"'],
    ['[nan]', '1:2 unexpected "n"'],
    ['', '1:1 the text ends too early'],
    ['['.repeat(1001), '1:1001 it is nested deeper than 1000 levels'],
  ])('says what is wrong with %s, and where', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('takes time in proportion to the text, however hostile', () => {
    for (const text of [
      `[${'NaN,'.repeat(200_000)}1]`,
      `[${'0'.repeat(1)}.${'0'.repeat(2_000_000)}1]`,
      `"${'\\\\'.repeat(1e6)}"`,
    ])
      expect(read(text).value).toBeDefined();
  });
});

it('finds every text that JSON.parse would change', () => {
  for (const text of ['9007199254740993', '1234567.1234567891', '1e400', '0.00000001', 'NaN', '-Infinity'])
    expect(needsExactReading(`{"a": ${text}}`), text).toBe(true);
  expect(needsExactReading('{"question": "What is 12345 + 0.5?", "answer": 12345.5}')).toBe(false);
});
