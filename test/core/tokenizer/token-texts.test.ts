import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { createTokenTexts } from '../../../core/tokenizer/token-texts.js';
import { byteFallbackDefinition, byteLevelDefinition } from './definitions.js';

const byteLevel = createTokenizer(byteLevelDefinition(), { endTokens: [] });
const byteFallback = createTokenizer(byteFallbackDefinition(), { endTokens: [] });

describe('createTokenTexts', () => {
  it.each([
    ['byte-level', byteLevel],
    ['byte-fallback', byteFallback],
  ] as const)('of a %s tokenizer, one per token, joined are the whole text, for any tokens', (_, tokenizer) => {
    const textsOf = createTokenTexts(tokenizer);
    const random = createRandom(3).stream('token texts');
    for (let trial = 0; trial < 300; trial++) {
      const tokens = Int32Array.from({ length: random.integer(30, trial, 0) }, (_each, t) =>
        random.integer(tokenizer.vocabSize, trial, t + 1),
      );
      const texts = textsOf(tokens);
      expect(texts).toHaveLength(tokens.length);
      expect(texts.join(''), tokens.join(' ')).toBe(tokenizer.decode(tokens));
    }
  });

  it('gives a character of several tokens to the last of them', () => {
    expect(createTokenTexts(byteLevel)([...new TextEncoder().encode('a€b')])).toEqual(['a', '', '', '€', 'b']);
    expect(createTokenTexts(byteLevel)([0x61, 0xe2, 0x82])).toEqual(['a', '', '\uFFFD']);
  });

  it('gives no texts for no tokens', () => {
    expect(createTokenTexts(byteLevel)([])).toEqual([]);
  });
});
