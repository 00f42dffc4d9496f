import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { orzStopStrings, orzTemplatePieces, renderOrzPrompt } from '../../../core/recipe/orz-template.js';
import { isOrzError } from '../../../core/errors.js';
import { createRandom } from '../../../core/random.js';
import {
  arithmeticTokenizerDefinition,
  arithmeticTokens,
  createArithmeticTokenizer,
} from '../../../plugins/task-arithmetic/tokenizer.js';

const tokenizer = createArithmeticTokenizer();

describe('the table', () => {
  test('has 32 tokens, each of which is encoded as its own id', () => {
    expect(arithmeticTokens.length).toBe(32);
    expect(tokenizer.vocabSize).toBe(32);
    arithmeticTokens.forEach((text, id) => expect([...tokenizer.encode(text)]).toEqual([id]));
  });

  test('has one token for each stop string and each fixed piece of the prompt', () => {
    for (const text of [...orzStopStrings, ...orzTemplatePieces]) expect(tokenizer.encode(text).length).toBe(1);
  });

  test('ends texts with a token of its own, which is the last', () => {
    expect(tokenizer.endTokens).toEqual([31]);
    expect(tokenizer.decode(tokenizer.endTokens)).toBe('<|endoftext|>');
  });
});

describe('encoding', () => {
  const random = createRandom(5).stream('tokenizer');
  const randomText = (trial: number) =>
    Array.from(
      { length: 1 + random.integer(15, trial) },
      (_, i) => arithmeticTokens[random.integer(arithmeticTokens.length, trial, i + 1)]!,
    ).join('');

  /** The definition: at each position the longest token that fits, found without the library. */
  function longestMatch(text: string): number[] {
    const ids: number[] = [];
    for (let at = 0; at < text.length;) {
      let best = -1;
      arithmeticTokens.forEach((token, id) => {
        if (text.startsWith(token, at) && token.length > (arithmeticTokens[best]?.length ?? 0)) best = id;
      });
      ids.push(best);
      at += arithmeticTokens[best]!.length;
    }
    return ids;
  }

  test('takes the longest token that fits, and decoding gives the text back', () => {
    for (let trial = 0; trial < 3000; trial++) {
      const text = randomText(trial);
      const ids = tokenizer.encode(text);
      expect([...ids]).toEqual(longestMatch(text));
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  test('spends six tokens on the exact prompt of ORZ: 11 to 15 for three to five terms', () => {
    expect(tokenizer.encode(renderOrzPrompt('')).length).toBe(6);
    expect(tokenizer.encode(renderOrzPrompt('3+5+9')).length).toBe(11);
    expect(tokenizer.encode(renderOrzPrompt('1+2+3+4+5')).length).toBe(15);
    expect(tokenizer.decode(tokenizer.encode(renderOrzPrompt('3+5+9')))).toBe(renderOrzPrompt('3+5+9'));
  });

  test('refuses other characters by name', () => {
    try {
      tokenizer.encode('What is 3+4?');
      expect.unreachable();
    } catch (error) {
      expect(isOrzError(error) && error.code).toBe('ORZ_TOKENIZER');
      expect(isOrzError(error) && error.details.value).toEqual(['W', 'h', 'a', 't', ' ', 'i', 's', '?']);
    }
  });
});

describe('as a tokenizer.json for other programs', () => {
  test('is the recorded one, which Python loaded', async () => {
    await expect(JSON.stringify(arithmeticTokenizerDefinition(), null, 1) + '\n').toMatchFileSnapshot(
      './tokenizer.json',
    );
  });

  test("gives the ids that Python's tokenizers and transformers give", () => {
    const oracle = JSON.parse(readFileSync(new URL('tokenizer-oracle.json', import.meta.url), 'utf8')) as {
      cases: { text: string; ids: number[] }[];
    };
    expect(oracle.cases.length).toBeGreaterThan(150);
    for (const { text, ids } of oracle.cases) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });
});
