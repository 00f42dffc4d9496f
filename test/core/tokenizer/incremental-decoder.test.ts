import { describe, expect, test } from 'vitest';
import type { Tokenizer } from '../../../core/contracts/tokenizer.js';
import { createRandom } from '../../../core/random.js';
import { IncrementalDecoder } from '../../../core/tokenizer/incremental-decoder.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { byteFallbackDefinition, byteLevelDefinition } from './definitions.js';

const byteLevel = createTokenizer(byteLevelDefinition(), { endTokens: [] });
const byteFallback = createTokenizer(byteFallbackDefinition(), { endTokens: [] });

function decodePieces(tokenizer: Tokenizer, tokens: readonly number[]): string[] {
  const decoder = new IncrementalDecoder(tokenizer);
  return [...tokens.map((token) => decoder.push(token)), decoder.finish()];
}

const random = createRandom(7).stream('incremental-decoder');
/** Tokens chosen so that complete, broken and interleaved characters all occur often. */
function randomTokens(trial: number, choices: readonly number[]): number[] {
  const length = 1 + random.integer(60, trial, 0);
  return Array.from({ length }, (_, i) => choices[random.integer(choices.length, trial, i + 1)]!);
}

const bytesOfText = [...new TextEncoder().encode('aé€😀\uFEFF\u200D')];
const strayBytes = [0x80, 0xac, 0xbf, 0xc3, 0xe2, 0xef, 0xf0, 0xf4, 0xff];

describe.each([
  ['byte-level', byteLevel, [...bytesOfText, ...strayBytes, 256, 257, 258, 260, 261, 9000]],
  [
    'byte-fallback',
    byteFallback,
    [...[...bytesOfText, ...strayBytes].map((byte) => byte + 3), 1, 259, 259, 260, 262, 263, 9000],
  ],
] as const)('with a %s tokenizer', (name, tokenizer, choices) => {
  test('the pieces joined are the whole decoded at once, for any tokens', () => {
    for (let trial = 0; trial < 3000; trial++) {
      const tokens = randomTokens(trial, choices);
      expect(decodePieces(tokenizer, tokens).join(''), `tokens ${tokens.join(' ')}`).toBe(tokenizer.decode(tokens));
    }
  });

  test('a character split over tokens survives any number of broken bytes before it', () => {
    const [byte, space] = name === 'byte-level' ? [0, [0x20, 0x62]] : [3, [263]];
    for (const text of ['é', '€', '😀']) {
      for (let broken = 0; broken < 40; broken++) {
        const bytes = [...new Array<number>(broken).fill(0x80), ...new TextEncoder().encode(text)];
        const tokens = [choices[0], ...bytes.map((value) => value + byte), ...space, 0xf0 + byte, ...space];
        expect(decodePieces(tokenizer, tokens).join('')).toBe(tokenizer.decode(tokens));
        const middle = [...bytes, ...new Array<number>(broken).fill(0xff)].map((value) => value + byte);
        expect(decodePieces(tokenizer, [...space, ...middle, ...space]).join('')).toBe(
          tokenizer.decode([...space, ...middle, ...space]),
        );
      }
    }
  });

  test.each([
    ['bytes that never make a character', name === 'byte-level' ? [0x80, 0xff] : [0x83, 0x102]],
    ['ids without text', [9000]],
    ['a valid text', [choices[0]]],
  ])('the work is linear in the length for %s', (_what, some) => {
    const tokens = Array.from({ length: 4000 }, (_, i) => some[random.integer(some.length, 1e6, i)]!);
    let decoded = 0;
    const counting: Tokenizer = {
      ...tokenizer,
      decode: (ids) => {
        decoded += ids.length;
        return tokenizer.decode(ids);
      },
    };
    expect(decodePieces(counting, tokens).join('')).toBe(tokenizer.decode(tokens));
    expect(decoded).toBeLessThan(50 * tokens.length);
  });
});

/** A tokenizer whose tokens are given byte strings, whatever they are. */
const bytesTokenizer = (contents: readonly (readonly number[])[]): Tokenizer => ({
  ...byteLevel,
  decode: (ids) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      Uint8Array.from(Array.from(ids, (id) => contents[id]!).flat()),
    ),
});

test('a character is emitted whole with its last byte, however its bytes are split into tokens', () => {
  const text = 'é€😀é',
    bytes = [...new TextEncoder().encode(text)];
  for (let mask = 0; mask < 2 ** (bytes.length - 1); mask++) {
    const contents: number[][] = [[]];
    bytes.forEach((byte, i) => {
      if (i > 0 && (mask >> (i - 1)) & 1) contents.push([]);
      contents[contents.length - 1]!.push(byte);
    });
    const pieces = decodePieces(
      bytesTokenizer(contents),
      contents.map((_, id) => id),
    );
    let seen = 0,
      shown = '';
    contents.forEach((content, i) => {
      seen += content.length;
      shown += pieces[i];
      const complete = [...text].filter(
        (_, at) => new TextEncoder().encode([...text].slice(0, at + 1).join('')).length <= seen,
      );
      expect(shown).toBe(complete.join(''));
    });
  }
});

test('a space that a decoder drops only at the start of a text stays elsewhere', () => {
  // ▁ ▁a ▁b 😀-bytes ▁a
  const tokens = [259, 262, 263, ...[0xf0, 0x9f, 0x98, 0x80].map((byte) => byte + 3), 262];
  expect(decodePieces(byteFallback, tokens)).toEqual(['', ' a', ' b', '', '', '', '😀', ' a', '']);
});
