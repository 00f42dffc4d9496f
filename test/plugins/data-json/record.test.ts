import { describe, expect, it } from 'vitest';
import { isOrzError } from '../../../core/errors.js';
import { parseRecord } from '../../../plugins/data-json/record.js';

const place = { path: 'data/x.json', number: 7 };

const human = { from: 'human', value: 'Q' };
const assistant = (truth: unknown) => ({ from: 'assistant', ground_truth: truth });

describe('parseRecord', () => {
  it.each<[string, unknown, string]>([
    ['the training form', [human, assistant({ value: ' a = 0 ', pass_at_n: 0.75 })], ' a = 0 '],
    ['the evaluation form', { prompt: [{ from: 'user', value: 'Q' }], final_answer: 'D', choices: { A: 'd' } }, 'D'],
    ['problem and answer', { problem: 'Q', answer: '2', solution: '1 + 1 = 2', level: 3 }, '2'],
    ['question and final answer', { question: 'Q', final_answer: 2.5 }, '2.5'],
    ['prompt and expected answer', { id: 'x', prompt: 'Q', expected_answer: '70' }, '70'],
    ['the form of GSM8K', { question: 'Q', answer: '16 - 3 = <<16-3=13>>13\n#### 1,218' }, '1218'],
    ['an answer with number signs of its own', { question: 'Q', answer: 'a #### b' }, 'a #### b'],
  ])('reads %s', (_, record, answer) => {
    expect(parseRecord(record, place)).toEqual({ prompt: 'Q', answer });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['a text', 'Q', 'Record 7 of data/x.json is malformed', /an object, or a list/],
    ['null', null, 'Record 7 of data/x.json is malformed', /an object, or a list/],
    ['one message', [human], 'Field length of record 7 of data/x.json is malformed', /two messages/],
    ['an unknown role', [{ from: 'user', value: 'Q' }, assistant({ value: '1' })], 'Field [0].from of record 7 of data/x.json is malformed', /"human"/],
    ['no gold answer', [human, { from: 'assistant', value: '1' }], 'Field [1].ground_truth of record 7 of data/x.json is missing', /an object/],
    ['an empty gold answer', [human, assistant({ value: ' ' })], 'Field [1].ground_truth.value of record 7 of data/x.json is malformed', /not empty/],
    ['an empty question', [{ from: 'human', value: '' }, assistant({ value: '1' })], 'Field [0].value of record 7 of data/x.json is malformed', /not empty/],
    ['no final answer', { prompt: [{ from: 'user', value: 'Q' }] }, 'Field final_answer of record 7 of data/x.json is missing', /not empty/],
    ['several messages', { prompt: [human, human], final_answer: '1' }, 'Field prompt of record 7 of data/x.json is malformed', /one message/],
    ['an answer that is null', { problem: 'Q', answer: null }, 'Field answer of record 7 of data/x.json is malformed', /not empty/],
    ['no question', { text: 'Q', answer: '1' }, 'Field problem | question | prompt of record 7 of data/x.json is missing', /one of these fields; the record has text, answer$/],
    ['two questions', { question: 'Q', prompt: 'Q', answer: '1' }, 'Field problem | question | prompt of record 7 of data/x.json is malformed', /not question and prompt/],
    ['choices apart from the question', { question: 'Q', choices: ['a', 'b'], answer: 1 }, 'Field choices of record 7 of data/x.json is malformed', /into the question/],
  ])('refuses %s and names the field', (_, record, message, allowed) => {
    const error = (() => { try { parseRecord(record, place); } catch (thrown) { return thrown; } return undefined; })();
    if (!isOrzError(error)) throw new Error(`no OrzError: ${String(error)}`);
    expect([error.code, error.message, error.details.origin]).toEqual(['ORZ_DATA_MALFORMED', message, 'data/x.json, record 7']);
    expect(error.details.allowed).toMatch(allowed);
  });
});
