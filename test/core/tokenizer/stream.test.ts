import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../core/random.js';
import type { Tokenizer } from '../../../core/contracts/tokenizer.js';
import { createTextStream } from '../../../core/tokenizer/stream.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { byteLevelDefinition } from './definitions.js';

const tokenizer = createTokenizer(byteLevelDefinition(), { endTokens: ['<|end|>'] });

function run(of: Tokenizer, tokens: ArrayLike<number>, stop: readonly string[]) {
  const stream = createTextStream(of, stop);
  let text = '';
  for (let i = 0; i < tokens.length; i++) {
    const piece = stream.push(tokens[i]!);
    text += piece.text;
    if (piece.stopped !== undefined) return { text, stopped: piece.stopped, used: i + 1 };
  }
  const last = stream.finish();
  return { text: text + last.text, stopped: last.stopped, used: tokens.length };
}

describe('compared with a search in the whole text', () => {
  const random = createRandom(3).stream('stream');
  const parts = ['User:', '</answer>', '</ans', 'Us', 'er:', '€', '😀', ' the', '<|end|>', 'x', ':'];

  test('a random text ends behind the first stop string, or not at all', () => {
    const stops = ['User:', '</answer>', '😀€'];
    let stopped = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const whole = Array.from({ length: 12 }, (_, i) => parts[random.integer(parts.length, trial, i)]!).join('');
      const ends = stops
        .map((stop) => ({ stop, at: whole.indexOf(stop) }))
        .filter(({ at }) => at >= 0)
        .map(({ stop, at }) => ({ stop, end: at + stop.length }));
      const first = ends.sort((a, b) => a.end - b.end)[0];
      const result = run(tokenizer, tokenizer.encode(whole), stops);
      expect(result.text).toBe(first === undefined ? whole : whole.slice(0, first.end));
      expect(result.stopped).toBe(first?.stop);
      if (first !== undefined) stopped++;
    }
    // Both outcomes occur.
    expect(stopped).toBeGreaterThan(200);
    expect(stopped).toBeLessThan(1990);
  });
});

/** A tokenizer whose tokens are given texts. */
const textTokenizer = (contents: readonly string[]): Tokenizer => ({
  ...tokenizer,
  decode: (ids) => Array.from(ids, (id) => contents[id]!).join(''),
});

test('whatever the split into tokens, text and stop string are the same', () => {
  const whole = 'so </answe</answer>!';
  for (let mask = 0; mask < 2 ** (whole.length - 1); mask += 37) {
    const contents = [''];
    [...whole].forEach((character, i) => {
      if (i > 0 && (mask >> (i - 1)) & 1) contents.push('');
      contents[contents.length - 1] += character;
    });
    const result = run(
      textTokenizer(contents),
      contents.map((_, id) => id),
      ['User:', '</answer>'],
    );
    expect(result.text).toBe('so </answe</answer>');
    expect(result.stopped).toBe('</answer>');
    // The token that completes the stop string is the last one used.
    expect(contents.slice(0, result.used).join('').length).toBeGreaterThanOrEqual(19);
    expect(contents.slice(0, result.used - 1).join('').length).toBeLessThan(19);
  }
});

test('the rest of a token after the stop string is left out', () => {
  expect(run(textTokenizer(['a</x', '>beyond']), [0, 1], ['</x>'])).toEqual({
    text: 'a</x>',
    stopped: '</x>',
    used: 2,
  });
});

test('an incomplete character at the end is emitted as U+FFFD, and may complete a stop string', () => {
  expect(run(tokenizer, [0x61, 0xe2], [])).toEqual({ text: 'a\uFFFD', stopped: undefined, used: 2 });
  expect(run(tokenizer, [0x61, 0xe2], ['a\uFFFD'])).toEqual({ text: 'a\uFFFD', stopped: 'a\uFFFD', used: 2 });
});

test('feeding a stream after its end is an error', () => {
  const stopped = createTextStream(tokenizer, ['a']);
  expect(stopped.push(0x61).stopped).toBe('a');
  expect(() => stopped.push(0x62)).toThrow('after its end');
  expect(() => stopped.finish()).toThrow('after its end');
  const finished = createTextStream(tokenizer);
  finished.finish();
  expect(() => finished.push(0x61)).toThrow('after its end');
});
