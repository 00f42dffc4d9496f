import { expect, test } from 'vitest';
import { endedResponse } from '../../../../cli/evaluate/served/ending.js';
import { readChat, readCompletion } from '../../../../cli/evaluate/served/replies.js';
import { orzStopStrings } from '../../../../core/recipe/orz-template.js';

const completion = (text: string, rest: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ choices: [{ text, finish_reason: 'stop', ...rest }], usage: { completion_tokens: 9 } });

function ended(text: string, rest: Readonly<Record<string, unknown>> = {}): unknown {
  const response = readCompletion(completion(text, rest));
  return 'problem' in response ? response : endedResponse(response, orzStopStrings);
}

const whole = (text: string): unknown => ({ text, stopReason: 'stop', responseTokens: 9 });

test('the stop string that a server names is put back', () => {
  expect(ended('<answer> 4 ', { stop_reason: '</answer>' })).toEqual(whole('<answer> 4 </answer>'));
  expect(ended('no more. ', { stop_reason: 'User:' })).toEqual(whole('no more. User:'));
  expect(ended('<answer> 4 ', { matched_stop: '</answer>' })).toEqual(whole('<answer> 4 </answer>'));
});

test('an end token is no stop string', () => {
  expect(ended('<answer> 4', { matched_stop: 151_643 })).toMatchObject({ text: '<answer> 4</answer>' });
  expect(ended('four', { stop_reason: null, matched_stop: 2 })).toEqual(whole('four'));
  expect(ended('four', { stop_reason: 'something else' })).toEqual(whole('four'));
});

test('without a name, a closing tag is put back where it is missing', () => {
  expect(ended('so </think> <answer> 4 ')).toEqual(whole('so </think> <answer> 4 </answer>'));
  expect(ended('four')).toEqual(whole('four'));
  expect(ended('<answer> 4 ', { finish_reason: 'length' })).toEqual({
    text: '<answer> 4 ',
    stopReason: 'length',
    responseTokens: 9,
  });
});

test('a server that keeps the stop string, or goes on after it', () => {
  expect(ended('<answer> 4 </answer>')).toEqual(whole('<answer> 4 </answer>'));
  const cut = { text: '<answer> 4 </answer>', stopReason: 'stop', responseTokens: null };
  expect(ended('<answer> 4 </answer> User: next', { finish_reason: 'length' })).toEqual(cut);
});

test('a response that the server gave up is none', () => {
  expect(ended('<answer> 4', { finish_reason: 'abort' })).toEqual({ problem: 'a response given up (abort)' });
});

const chat = (message: Readonly<Record<string, unknown>>, rest: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ choices: [{ message, finish_reason: 'stop', ...rest }] });

test('reasoning that the server has set apart is part of the response', () => {
  const text = '<think>2 + 2</think>4';
  expect(readChat(chat({ content: '4', reasoning_content: '2 + 2' }))).toMatchObject({ text, tokens: null });
  expect(readChat(chat({ content: '4', reasoning: '2 + 2' }))).toMatchObject({ text });
  expect(readChat(chat({ content: null, reasoning_content: '2 +' }))).toMatchObject({ text: '<think>2 +</think>' });
  expect(readChat(chat({ content: '4', reasoning_content: null }))).toMatchObject({ text: '4' });
  expect(readChat(chat({ content: null }))).toMatchObject({ text: '' });
});

test.each([
  ['nothing', '', /no JSON/],
  ['a page', '<html><body>Bad gateway</body></html>', /no JSON: <html>/],
  ['a number', '17', /another form/],
  ['no choices', '{"choices":[]}', /choices/],
  ['no reason of the end', '{"choices":[{"text":"4"}]}', /finish_reason/],
  ['a text that is none', '{"choices":[{"text":{},"finish_reason":"stop"}]}', /choices\.0\.text/],
  ['negative counts', '{"choices":[{"text":"","finish_reason":"stop"}],"usage":{"completion_tokens":-1}}', /usage/],
  ['an error of the API', '{"error":{"message":"out of memory"}}', /error in place of an answer: out of memory/],
  ['an error as text', '{"error":"out of memory"}', /out of memory/],
  ['a deep one', '['.repeat(100_000), /no JSON/],
])('an answer that cannot be read: %s', (_, text, problem) => {
  expect(readCompletion(text)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  expect(readChat(text)).toHaveProperty('problem');
});
