import { describe, expect, it } from 'vitest';
import { WrittenNumber } from '../../../core/data/files/written-number.js';
import { readRecord } from '../../../cli/grade/record.js';

const pair = { gold: '1', prediction: '2' };

describe('a record', () => {
  it('is an ordinary answer or a whole response, with a bare gold', () => {
    expect(readRecord({ id: 7, ...pair })).toEqual({
      id: 7,
      gold: '1',
      prompt: '',
      form: 'chat',
      text: '2',
      stopReason: 'stop',
      config: undefined,
    });
    expect(readRecord({ gold: '1', response: 'r', prompt: 'p', finish_reason: 'length' })).toMatchObject({
      id: undefined,
      form: 'response',
      text: 'r',
      prompt: 'p',
      stopReason: 'length',
    });
  });

  it('may hold null where a field is left out, and fields of others', () => {
    const nulls = { id: null, response: null, finish_reason: null, config: null, prompt: null, score: [1] };
    expect(readRecord({ ...pair, ...nulls })).toEqual(readRecord(pair));
  });

  it('may hold a number as gold if no digit is lost', () => {
    expect(readRecord({ ...pair, gold: 0.5 }).gold).toBe('0.5');
    expect(readRecord({ ...pair, gold: -12 }).gold).toBe('-12');
    expect(readRecord({ ...pair, gold: new WrittenNumber('0.1000000000000000055') }).gold).toBe(
      '0.1000000000000000055',
    );
    expect(() => readRecord({ ...pair, gold: new WrittenNumber('NaN') })).toThrow(/"gold" must be a text/);
    expect(() => readRecord({ ...pair, gold: 2 ** 60 })).toThrow(/"gold" must be a text/);
  });

  it.each(['stop', 'eos', 'eos_token', 'end_turn', 'stop_sequence'])('that ended by %s is complete', (reason) => {
    expect(readRecord({ ...pair, finish_reason: reason }).stopReason).toBe('stop');
  });

  it.each(['length', 'max_tokens', 'max_new_tokens'])('that ended by %s was cut off', (reason) => {
    expect(readRecord({ ...pair, finish_reason: reason }).stopReason).toBe('length');
  });

  it.each([
    ['no object', [1], /"items\[3\]" must be a JSON object/],
    ['no gold', { prediction: '1' }, /"items\[3\]\.gold" must be a text/],
    ['an empty list as gold', { gold: [], prediction: '1' }, /gold/],
    ['no prediction', { gold: '1' }, /one of prediction and response/],
    ['two answers', { ...pair, response: '1' }, /one of prediction and response/],
    ['a number as prediction', { gold: '1', prediction: 1 }, /"items\[3\]\.prediction" must be a text/],
    ['an object as id', { ...pair, id: {} }, /"items\[3\]\.id"/],
    ['an unknown end', { ...pair, finish_reason: 'tool_calls' }, /"items\[3\]\.finish_reason" must be one of stop/],
    ['the name of a prototype as end', { ...pair, finish_reason: 'constructor' }, /finish_reason/],
    ['a list as config', { ...pair, config: [] }, /"items\[3\]\.config"/],
  ])('with %s is refused, and the field named', (_, value, message) => {
    expect(() => readRecord(value, 'items[3]')).toThrow(message);
  });
});
