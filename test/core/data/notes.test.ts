import { describe, expect, it } from 'vitest';
import { findLostBackslash } from '../../../core/data/lost-backslash.js';
import { readSource, type SourceRequest } from '../../../core/data/source.js';
import { errorOf, fileOf } from './support.js';

const read = (content: string, more: Partial<SourceRequest> = {}, name = 'a.jsonl') =>
  readSource({ name: 'src', origin: 'data.train.0', files: [fileOf(name, content)], ...more });
const notesOf = async (content: string, name?: string) =>
  (await read(content, {}, name)).notes.map(({ note, found, examples }) => [
    note,
    found,
    ...examples.map((e) => e.what),
  ]);

describe('LaTeX that lost its backslash', () => {
  it.each([
    ['\frac{1}{2}', '\\frac'],
    ['is \boxed{5}', '\\boxed'],
    ['a \times b', '\\times'],
    ['\text{cm}', '\\text'],
    ['\theta', '\\theta'],
    ['x \neq 0', '\\neq'],
    ['\nabla f', '\\nabla'],
    ['\left( \right)', '\\right'],
    ['\rho', '\\rho'],
    ['\vec{v}', '\\vec'],
    ['\x07lpha', '\\alpha'],
    ['$x \ne 0$', '\\ne'],
    ['cost \\$5, $\nu = 3$', '\\nu'],
    ['$f: A \to B$', '\\to'],
    ['$\tan x$', '\\tan'],
    // Nobody begins an answer with a line end or a tab.
    ['\nu', '\\nu'],
    ['\tan x', '\\tan'],
    ['x \nRightarrow y', '\\nRightarrow'],
    ['a \bigoplus b', '\\bigoplus'],
    ['3\textdegree', '\\textdegree'],
    ['\bf{x}', '\\bf'],
    ['\rVert x\rVert', '\\rVert'],
  ])('is found in %j', (text, command) => {
    expect(findLostBackslash(text)?.command).toBe(command);
  });

  it.each([
    'Find x.\nu = 3 and v = 4.\ni = 2',
    'a\tan apple\to go',
    'line\r\nright\r\nangle',
    'an \\frac{1}{2} \\times \\neq',
    'page one\fpage two',
    'Let\n\tfor i in range(3):\n\t\treturn',
    'Find a\nsubset of S\rtimes\vspace',
    'equal\nequation\nexists\nmid\nless than',
    '$x$\ne is Euler’s number, $y$\nu',
    'A\tB\n1\t2\n',
    '$$a = b$$\neg. this',
    '\tracked \nextra \rhombus \book \vector',
  ])('is not seen in %j', (text) => {
    expect(findLostBackslash(text)).toBeUndefined();
  });

  it('is looked for in time proportional to the text', () => {
    for (const text of [' \nu', '$\nu$ \nu ', '\x07', '\n'.repeat(9), '\\\n'])
      expect(findLostBackslash(text.replaceAll('$', '\\$').repeat(300_000))).toBeUndefined();
  });

  it('is counted by record and shown with its place, in JSON as its escapes say', async () => {
    const content = [
      '{"problem": "What is $\\frac{1}{2}$ of 4?", "answer": "2"}',
      '{"problem": "What is $\\\\frac{1}{2}$ of 4?\\nThink.", "answer": "2"}',
      '{"problem": "2 \\times 3 \\neq?", "answer": "\\beta"}',
    ].join('\n');
    const { notes, problems } = await read(content);
    expect(notes).toEqual([
      {
        note: 'lostBackslash',
        found: 2,
        examples: [
          { where: 'record 1 of a.jsonl', what: '\\frac in What is $␌rac{1}{2}$ of 4?' },
          { where: 'record 3 of a.jsonl', what: '\\times in 2 ␉imes 3 ␊eq?' },
        ],
      },
    ]);
    // Nothing is repaired.
    expect(problems[0]?.prompt).toBe('What is $\frac{1}{2}$ of 4?');
  });
});

describe('numbers', () => {
  it('of any size are answers as written, in lines, arrays, lists of options and nested fields', async () => {
    const numbers = ['9007199254740993', '45678901234567890123.45', '1e400', '1e-400', '-0.30000000000000001', '18'];
    const records = numbers.map((number) => `{"problem": "p ${number}", "answer": ${number}}`);
    for (const [content, name] of [
      [records.join('\n'), 'a.jsonl'],
      [`[${records.join(',\n')}]`, 'a.json'],
    ] as const) {
      const { problems, notes } = await read(content, {}, name);
      expect(problems.map(({ answer }) => answer)).toEqual(numbers);
      expect(notes.map(({ note, found }) => [note, found])).toEqual([['writtenNumber', 5]]);
    }
    const nested = '{"q": "p", "a": {"b": [1e400]}, "o": [9007199254740993, 9007199254740992, "x"]}';
    expect((await read(nested, { fields: { prompt: 'q', answer: 'a.b[0]' } })).problems[0]?.answer).toBe('1e400');
    const choice = await read(`{"question": "p", "choices": [9007199254740993, 9007199254740992], "answer": 1}`);
    expect(choice.problems[0]).toMatchObject({ prompt: 'p\n\nA. 9007199254740993\nB. 9007199254740992', answer: 'B' });
  });

  it('that differ beyond a double are different ids, and select different records', async () => {
    const content = ['9007199254740993', '9007199254740992'].map(
      (id) => `{"uid": ${id}, "problem": "p${id}", "answer": 1}`,
    );
    expect((await read(content.join('\n'), { id: 'uid' })).problems.map(({ id }) => id)).toEqual([
      'src/9007199254740993',
      'src/9007199254740992',
    ]);
    expect((await read(content.join('\n'), { where: { uid: '9007199254740993' } })).unselected).toBe(1);
  });

  it('that are none are counted where they are not used', async () => {
    const record = '{"problem": "p", "answer": "1", "score": NaN, "more": [-Infinity]}';
    expect(await notesOf(record)).toEqual([['notANumber', 1, 'NaN']]);
    expect(await notesOf(`[${record}]`, 'a.json')).toEqual([['notANumber', 1, 'NaN']]);
  });

  it.each(['NaN', 'Infinity', '-Infinity'])(
    'that are %s are refused as answers, with line and column',
    async (word) => {
      const lines = `{"problem": "p", "answer": "1"}\n{"problem": "q", "answer": ${word}}`;
      for (const [content, name, at] of [
        [lines, 'a.jsonl', 'line 2, column 28'],
        [`[${lines.replace('\n', ',\n')}]`, 'a.json', 'line 2, column 28'],
      ] as const) {
        const { message, details } = await errorOf(read(content, {}, name));
        expect(message).toMatch(/^Field answer of record 2 .*is malformed$/);
        expect(details.value).toBe(`${word}, at ${at}`);
        expect(details.remedy).toContain('Python writes NaN and Infinity');
      }
    },
  );
});

describe('ids that records have of their own', () => {
  it('are noted when a different problem has one again', async () => {
    const lines = [
      '{"id": 7, "problem": "p", "answer": "1"}',
      '{"id": 7, "problem": "p", "answer": "1"}',
      '{"id": 7, "problem": "q", "answer": "2"}',
      '{"id": 8, "problem": "r", "answer": "2"}',
    ];
    expect(await notesOf(lines.join('\n'))).toEqual([
      ['repeatedId', 1, 'id 7, as record 1 of a.jsonl, which is another problem'],
    ]);
  });

  it('are looked for in the next field where one is empty', async () => {
    const lines = ['p', 'q'].map(
      (problem) => `{"id": null, "uid": "", "uuid": 5, "problem": "${problem}", "answer": "1"}`,
    );
    expect(await notesOf(lines.join('\n'))).toEqual([
      ['repeatedId', 1, 'uuid 5, as record 1 of a.jsonl, which is another problem'],
    ]);
  });
});

it('a byte order mark in the middle, where files were joined, is left out', async () => {
  const line = '{"problem": "p", "answer": "1"}\n';
  expect((await read(`\ufeff${line}\ufeff${line}`)).problems).toHaveLength(2);
});
