import { describe, expect, it } from 'vitest';
import { detectForm, formNamed, formNames, mappedForm, recordForms } from '../../../core/data/forms.js';
import { errorOf } from './support.js';

const location = { file: 'data/x.json', number: 7, line: 9 };
const human = { from: 'human', value: 'Q' };
const assistant = (truth: unknown) => ({ from: 'assistant', ground_truth: truth });
const gpqa = {
  Question: ' Q ',
  'Correct Answer': 'right\n',
  'Incorrect Answer 1': 'w1',
  'Incorrect Answer 2': 'w2',
  'Incorrect Answer 3': 'w3',
  Subdomain: 'x',
};
const wrapped =
  'Solve the following math problem step by step. The last line of your response should be of the form Answer: ' +
  '$Answer (without quotes) where $Answer is the answer to the problem.\n\nQ\nof two lines\n\n' +
  'Remember to put your answer on its own line after "Answer:".';

/** One record of each form as published, and what it becomes. */
const examples: readonly (readonly [form: string, record: unknown, prompt: string, answer: string])[] = [
  ['orz-train', [human, assistant({ value: ' a = 0 ', pass_at_n: 0.75 })], 'Q', ' a = 0 '],
  ['orz-train', { 0: human, 1: assistant({ value: '3' }) }, 'Q', '3'],
  ['orz-eval', { prompt: [{ from: 'user', value: 'Q' }], final_answer: 'D', choices: { A: 'd' } }, 'Q', 'D'],
  [
    'dapo',
    {
      data_source: 'm',
      prompt: [{ role: 'user', content: wrapped }],
      reward_model: { ground_truth: '34', style: 'rule' },
    },
    'Q\nof two lines',
    '34',
  ],
  ['dapo', { prompt: [{ role: 'user', content: 'Q' }], reward_model: { ground_truth: '34' } }, 'Q', '34'],
  ['mined', { id: 'x', prompt: 'Q', answer: '7', pass_rate: 0.25, samples: 64 }, 'Q', '7'],
  ['mmlu', { question: 'Q', type: 't', choices: ['a', 'b', 'c', 'd'], answer: 2 }, 'Q\n\nA. a\nB. b\nC. c\nD. d', 'C'],
  [
    'mmlu-pro',
    { question_id: 1, question: 'Q', options: ['a', 'b', 'c'], answer: 'B', answer_index: 1 },
    'Q\n\nA. a\nB. b\nC. c',
    'B',
  ],
  ['gsm8k', { question: 'Q', answer: '16 - 3 = <<16-3=13>>13\n#### 1,218' }, 'Q', '1218'],
  [
    'math',
    {
      problem: 'Q',
      level: 'Level 3',
      type: 'Algebra',
      solution: 'so $\\boxed{1}$, no: $\\boxed{\\frac{1}{\\sqrt{2}}}$.',
    },
    'Q',
    '\\frac{1}{\\sqrt{2}}',
  ],
  ['math', { problem: 'Q', solution: 'so $\\boxed{4}$', answer: '' }, 'Q', '4'],
  ['math', { problem: 'Q', solution: 'so $\\boxed{4}$', answer: '5' }, 'Q', '5'],
  ['math', { problem: 'Q', solution: 'so $x=\\boxed 7$' }, 'Q', '7'],
  ['math', { problem: 'Q', solution: 'by inspection' }, 'Q', ''],
  ['deepscaler', { problem: 'Q', answer: '2', difficulty: 3 }, 'Q', '2'],
  ['plain', { question: 'Q', final_answer: 2.5 }, 'Q', '2.5'],
  ['plain', { id: 'x', prompt: 'Q', expected_answer: '70' }, 'Q', '70'],
  ['plain', { question: 'Q', answer: null }, 'Q', ''],
  ['plain', { question: 'Q', answer: 12n }, 'Q', '12'],
];

describe('detectForm and formNamed', () => {
  it.each(examples)('detects and reads %s (example %#)', (form, record, prompt, answer) => {
    expect(detectForm(record, location).name).toBe(form);
    expect(formNamed(form).read(record, location)).toEqual({ prompt, answer });
  });

  it('shuffles the options of gpqa by the number of the record', () => {
    expect(detectForm(gpqa, location).name).toBe('gpqa');
    const asked = Array.from({ length: 50 }, (_, number) => formNamed('gpqa').read(gpqa, { file: 'x', number }));
    for (const { prompt, answer } of asked)
      expect(prompt.split('\n').find((line) => line.endsWith('. right'))).toBe(`${answer}. right`);
    expect(new Set(asked.map(({ answer }) => answer))).toEqual(new Set(['A', 'B', 'C', 'D']));
    expect(formNamed('gpqa').read(gpqa, { file: 'other', number: 3 })).toEqual(asked[3]);
  });

  it('has a name, a description and an example for each form', () => {
    expect(new Set([...examples.map(([form]) => form), 'gpqa'])).toEqual(new Set(formNames));
    for (const { description } of recordForms) expect(description).not.toBe('');
  });

  it.each<[string, unknown]>([
    ['a text', 'Q'],
    ['null', null],
    ['other fields', { text: 'Q', label: '1' }],
    ['choices without an answer', { question: 'Q', choices: ['a'] }],
    ['three levels', [[[1]]]],
  ])('detects no form in %s', async (_, record) => {
    const { code, message, details } = await errorOf(() => detectForm(record, location));
    expect([code, message]).toEqual(['ORZ_DATA_MALFORMED', 'Record 7 (line 9) of data/x.json is malformed']);
    expect(details.allowed).toContain(
      'orz-train, orz-eval, dapo, mined, gpqa, mmlu, mmlu-pro, gsm8k, math, deepscaler, plain',
    );
  });

  it.each<[string, string, unknown, string, RegExp]>([
    ['one message', 'orz-train', [human], 'Field length of', /two messages/],
    [
      'an unknown role',
      'orz-train',
      [{ from: 'user', value: 'Q' }, assistant({ value: '1' })],
      'Field [0].from of',
      /"human"/,
    ],
    [
      'no gold answer',
      'orz-train',
      [human, { from: 'assistant', value: '1' }],
      'Field [1].ground_truth.value of',
      /a text/,
    ],
    [
      'an empty question',
      'orz-train',
      [{ from: 'human', value: '' }, assistant({ value: '1' })],
      'Field [0].value of',
      /not empty/,
    ],
    ['no final answer', 'orz-eval', { prompt: [{ from: 'user', value: 'Q' }] }, 'Field final_answer of', /a text/],
    ['several messages', 'orz-eval', { prompt: [human, human], final_answer: '1' }, 'Field prompt of', /one message/],
    [
      'no question',
      'plain',
      { text: 'Q', answer: '1' },
      'Field problem | question | prompt of',
      /one of these fields; the record has text, answer$/,
    ],
    [
      'two questions',
      'plain',
      { question: 'Q', prompt: 'Q', answer: '1' },
      'Field problem | question | prompt of',
      /not question and prompt/,
    ],
    ['an answer that is a list', 'plain', { question: 'Q', answer: ['1'] }, 'Field answer of', /a text, a number/],
    [
      'an answer that is a truth value',
      'plain',
      { question: 'Q', answer: true },
      'Field answer of',
      /a text, a number/,
    ],
    ['no mark', 'gsm8k', { question: 'Q', answer: '18' }, 'Field answer of', /####/],
    [
      'a letter that no option has',
      'mmlu-pro',
      { question: 'Q', options: ['a', 'b'], answer: 'C' },
      'Field answer of',
      /from A to B/,
    ],
    [
      'an index beyond the options',
      'mmlu',
      { question: 'Q', choices: ['a', 'b'], answer: 2 },
      'Field answer of',
      /0 to 1/,
    ],
    [
      'a field that every object has',
      'plain',
      Object.create({ question: 'Q', answer: '1' }),
      'Field problem | question | prompt of',
      /none/,
    ],
  ])('refuses %s, naming field, record and the other forms', async (...[, form, record, message, allowed]) => {
    const {
      code,
      message: said,
      details,
    } = await errorOf(() => formNamed(form).read(record, { ...location, form: { name: form, known: formNames } }));
    expect([code, details.origin]).toEqual(['ORZ_DATA_MALFORMED', 'data/x.json, record 7']);
    expect(said.startsWith(message)).toBe(true);
    expect(said).toContain('record 7 (line 9) of data/x.json');
    expect(details.allowed).toMatch(allowed);
    expect(details.remedy).toMatch(new RegExp(`in the form ${form}, others are .*gpqa`));
  });
});

describe('mappedForm', () => {
  const record = {
    meta: { 'the.question': [{ text: 'Q' }], 'a b': 1 },
    'x.y': 'dotted',
    solution: 'so\n#### 1,000',
    boxed: 'is \\boxed{5}',
    opts: ['p', 'q'],
    pick: 1,
  };

  it('finds nested fields, and names with dots', () => {
    expect(mappedForm({ prompt: 'x.y', answer: 'meta[a b]' }).read(record, location)).toEqual({
      prompt: 'dotted',
      answer: '1',
    });
    expect(mappedForm({ prompt: 'opts[1]', answer: 'pick' }).read(record, location)).toEqual({
      prompt: 'q',
      answer: '1',
    });
  });

  it.each([
    ['whole', 'solution', 'so\n#### 1,000'],
    ['number-signs', 'solution', '1000'],
    ['last-box', 'boxed', '5'],
    ['last-box', 'solution', ''],
  ] as const)('takes the %s of the answer field', (extract, answer, expected) => {
    expect(mappedForm({ prompt: 'x.y', answer, extract }).read(record, location).answer).toBe(expected);
  });

  it('writes options below the question', () => {
    expect(mappedForm({ prompt: 'x.y', answer: 'pick', choices: 'opts' }).read(record, location)).toEqual({
      prompt: 'dotted\n\nA. p\nB. q',
      answer: 'B',
    });
  });

  it('refuses a field that is not there, by its path', async () => {
    expect(
      (await errorOf(() => mappedForm({ prompt: 'meta.none', answer: 'pick' }).read(record, location))).message,
    ).toBe('Field meta.none of record 7 (line 9) of data/x.json is missing');
  });
});
