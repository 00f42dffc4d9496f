import { describe, expect, test } from 'vitest';
import { isOrzError, type OrzError } from '../../../core/errors.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { byteFallbackDefinition, byteLevelDefinition, letterDefinition } from './definitions.js';

function errorOf(run: () => unknown): OrzError {
  try {
    run();
  } catch (error) {
    if (isOrzError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('encoding and decoding', () => {
  const tokenizer = createTokenizer(byteLevelDefinition(), { endTokens: ['<|end|>'] });

  test('merges are applied in the order of their rank', () => {
    // ` t` is the last merge, so `th` and `the` come first.
    expect([...tokenizer.encode(' the')]).toEqual([0x20, 259]);
    expect([...tokenizer.encode(' to')]).toEqual([260, 0x6f]);
    // `E2 82` outranks `82 AC`.
    expect([...tokenizer.encode('€')]).toEqual([256, 0xac]);
  });

  test('a special token inside a text is one id and is shown when decoding', () => {
    expect([...tokenizer.encode('a<|end|>b')]).toEqual([0x61, 261, 0x62]);
    expect(tokenizer.decode([0x61, 261, 0x62])).toBe('a<|end|>b');
  });

  test('no special tokens are added, even if the definition has a template for them', () => {
    const definition = {
      ...byteLevelDefinition(),
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<|end|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: { '<|end|>': { id: '<|end|>', ids: [261], tokens: ['<|end|>'] } },
      },
    };
    expect([...createTokenizer(definition, { endTokens: [] }).encode('a')]).toEqual([0x61]);
  });

  test('decode undoes encode for any text, spaces before punctuation included', () => {
    for (const text of ['', ' ', "the cat , it 's !", 'naïve Ελλάδα 日本 😀\n\t', '\0\u007f']) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  test('no tokens are the empty text, and incomplete characters become U+FFFD', () => {
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([0x61, 256])).toBe('a\uFFFD');
  });

  test('ids without an entry give no text, since models have more rows than their tokenizer has tokens', () => {
    expect(tokenizer.decode([0x61, 5000, 0x62])).toBe('ab');
    expect(tokenizer.decode([262])).toBe('');
  });

  test('the vocabulary covers the added tokens, and the definition is kept as it was given', () => {
    const definition = byteLevelDefinition();
    const made = createTokenizer(definition, { endTokens: ['<|end|>', 0], bosToken: 261 });
    expect([made.vocabSize, made.endTokens, made.bosToken, made.definition]).toEqual([
      262,
      [261, 0],
      261,
      byteLevelDefinition(),
    ]);
    expect(made.definition).toBe(definition);
    expect('bosToken' in tokenizer).toBe(false);
  });

  test('characters outside the vocabulary fall back to bytes where the definition says so', () => {
    const fallback = createTokenizer(byteFallbackDefinition(), { endTokens: ['</s>'] });
    expect([...fallback.encode('aé')]).toEqual([262, 3 + 0xc3, 3 + 0xa9]);
    expect(fallback.decode(fallback.encode('ab é'))).toBe('ab é');
    expect(fallback.decode(fallback.encode('a\uFEFFé\uFEFF'))).toBe('a\uFEFFé\uFEFF');
  });
});

describe('an unsupported definition or input is an error', () => {
  test('a character that the vocabulary cannot encode, instead of being left out', () => {
    const tokenizer = createTokenizer(letterDefinition('ab'), { endTokens: [], origin: 'letters' });
    expect([...tokenizer.encode('abba<|end|>')]).toEqual([0, 1, 1, 0, 2]);
    const error = errorOf(() => tokenizer.encode('abc<|end|>Cc'));
    expect(error.code).toBe('ORZ_TOKENIZER');
    expect(error.details.value).toEqual(['c', 'C']);
    expect(error.details.origin).toBe('letters');
  });

  test('a token id that is not a whole number from 0 up', () => {
    const tokenizer = createTokenizer(letterDefinition('ab'), { endTokens: [] });
    expect(errorOf(() => tokenizer.decode([0, -1])).details.value).toBe(-1);
    expect(errorOf(() => tokenizer.decode([0.5])).code).toBe('ORZ_TOKENIZER');
  });

  test('an end or begin token that is not in the vocabulary', () => {
    expect(errorOf(() => createTokenizer(letterDefinition('ab'), { endTokens: ['<eos>'] })).details.value).toBe(
      '<eos>',
    );
    expect(errorOf(() => createTokenizer(letterDefinition('ab'), { endTokens: [3] })).details.value).toBe(3);
    expect(errorOf(() => createTokenizer(letterDefinition('ab'), { endTokens: [], bosToken: -1 })).code).toBe(
      'ORZ_TOKENIZER',
    );
  });

  const good = letterDefinition('ab');
  const { decoder: _, ...withoutDecoder } = good;
  const addedToken = good.added_tokens[0]!;
  const broken: [string, unknown, string][] = [
    ['no object', 'text', 'top level'],
    ['nothing', null, 'top level'],
    ['a part missing', withoutDecoder, 'decoder'],
    ['a model that is no object', { ...good, model: 7 }, 'model'],
    ['a vocabulary that is no table', { ...good, model: { ...good.model, vocab: 'ab' } }, 'model.vocab'],
    ['an id that is no number', { ...good, model: { ...good.model, vocab: { a: '0' } } }, 'model.vocab'],
    ['an id beyond the rows of any model', { ...good, model: { ...good.model, vocab: { a: 2 ** 32 } } }, 'model.vocab'],
    ['a model nobody knows', { ...good, model: { ...good.model, type: 'Telepathy' } }, 'model.type'],
    ...['ab', ['a'], ['a', 'b', 'a'], 5].map((merge): [string, unknown, string] => [
      `the merge ${JSON.stringify(merge)}`,
      { ...good, model: { ...good.model, merges: [merge] } },
      'model.merges[0]',
    ]),
    ['two tokens with one id', { ...good, model: { ...good.model, vocab: { a: 0, b: 0 } } }, 'model.vocab'],
    ['an added token on an occupied id', { ...good, added_tokens: [{ ...addedToken, id: 1 }] }, 'added_tokens[0]'],
    ['an added token without content', { ...good, added_tokens: [{ ...addedToken, content: '' }] }, 'added_tokens[0]'],
    ['added tokens that are no list', { ...good, added_tokens: {} }, 'added_tokens'],
    [
      'added tokens for whole words only',
      { ...good, added_tokens: [{ ...addedToken, single_word: true }] },
      'added_tokens[0].single_word',
    ],
    [
      'a way of splitting the library does not know',
      {
        ...good,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Split', pattern: { String: 'a' }, behavior: 'MergedWithNext', invert: false }],
        },
      },
      'pre_tokenizer.pretokenizers[0].behavior',
    ],
    [
      'steps that make a text longer and longer',
      {
        ...good,
        normalizer: {
          type: 'Sequence',
          normalizers: Array(30).fill({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }),
        },
      },
      'normalizer',
    ],
    ...[{ String: '' }, { regex: '(a+)+$' }, { Regex: { a: 1 } }, 'a', null].map(
      (pattern): [string, unknown, string] => [
        `the pattern ${JSON.stringify(pattern)}`,
        { ...good, normalizer: { type: 'Replace', pattern, content: 'x' } },
        'normalizer.pattern',
      ],
    ),
    ['a decoder the library does not know', { ...good, decoder: { type: 'Telepathy' } }, 'broken.json'],
    ['merges that are no list', { ...good, model: { ...good.model, merges: 3 } }, 'broken.json'],
  ];
  test.each(broken)('a definition with %s', (_name, definition, key) => {
    const error = errorOf(() => createTokenizer(definition, { endTokens: [], origin: 'broken.json' }));
    expect(error.code).toBe('ORZ_TOKENIZER');
    expect(error.details.origin).toBe(key === 'broken.json' ? key : `broken.json, ${key}`);
    expect(error.details.remedy).toBeTruthy();
  });
});
