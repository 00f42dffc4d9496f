import { expect, test } from 'vitest';
import { isOrzError } from '../../../core/errors.js';
import { StopFinder } from '../../../core/tokenizer/stop-finder.js';

/** The definition, on the whole text: the stop string that ends first, of those that end together the longest. */
function firstStop(text: string, stops: readonly string[]): { stop: string; end: number } | undefined {
  for (let end = 1; end <= text.length; end++) {
    const ending = stops.filter((stop) => text.slice(0, end).endsWith(stop)).sort((a, b) => b.length - a.length);
    if (ending.length > 0) return { stop: ending[0]!, end };
  }
  return undefined;
}

function searchChunks(chunks: readonly string[], stops: readonly string[]): { stop: string; end: number } | undefined {
  const finder = new StopFinder(stops);
  let before = 0;
  for (const chunk of chunks) {
    const match = finder.search(chunk);
    if (match !== undefined) return { stop: match.stop, end: before + match.end };
    before += chunk.length;
  }
  return undefined;
}

/** All 2^(n−1) ways to cut a text of n characters into chunks. */
function* cuts(text: string): Generator<string[]> {
  for (let mask = 0; mask < 2 ** (text.length - 1); mask++) {
    const chunks = [''];
    [...text].forEach((character, i) => {
      if (i > 0 && (mask >> (i - 1)) & 1) chunks.push('');
      chunks[chunks.length - 1] += character;
    });
    yield chunks;
  }
}

test.each([
  ['one stop string', 'xx</a>yy', ['</a>'], '</a>', 6],
  ['a false start just before it', '<<</a></a>', ['</a>'], '</a>', 6],
  ['a stop string that repeats its own beginning', 'aabaabaac', ['aabaac'], 'aabaac', 9],
  ['the one that ends first, not the one that begins first', 'xabcdefy', ['abcdef', 'cd'], 'cd', 5],
  ['the longest of those that end together', 'xabcdy', ['cd', 'abcd', 'd'], 'abcd', 5],
  ['a stop string of one character', 'abc', ['c'], 'c', 3],
  ['nothing', 'abcabcabc', ['abd', 'cc'], undefined, undefined],
] as const)('finds %s however the text is cut', (...[, text, stops, stop, end]) => {
  const expected = stop === undefined ? undefined : { stop, end };
  expect(firstStop(text, stops)).toEqual(expected);
  for (const chunks of cuts(text)) expect(searchChunks(chunks, stops)).toEqual(expected);
});

test('without stop strings nothing is found', () => {
  expect(searchChunks(['abc', ''], [])).toBeUndefined();
});

test('an empty stop string is an error', () => {
  const run = () => new StopFinder(['a', '']);
  expect(run).toThrow('A stop string is empty');
  try {
    run();
  } catch (error) {
    expect(isOrzError(error) && error.code).toBe('ORZ_CONFIG_INVALID');
  }
});
