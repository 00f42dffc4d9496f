import { Tokenizer as Library } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { createRandom } from '../../../core/random.js';
import { byteLevelDefinition } from './definitions.js';

type LibraryClass = new (
  definition: object,
  config: object,
) => { encode(text: string, options: object): { readonly ids: number[] } };

const words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const bytes = (more: object) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, ...more });

/** Ways in which published tokenizers cut, and some that are left to the library. */
const cuts: readonly (readonly [string, object | null])[] = [
  ['as GPT-2', bytes({ use_regex: true })],
  ['as Qwen', { type: 'Sequence', pretokenizers: [split(words), bytes({ use_regex: false })] }],
  [
    'as SmolLM',
    { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, bytes({ use_regex: true })] },
  ],
  ['with a step that does nothing', { type: 'Sequence', pretokenizers: [null, bytes({ use_regex: true })] }],
  ['with a space before', bytes({ add_prefix_space: true, use_regex: true })],
  ['not at all', bytes({ use_regex: false })],
];

const parts = [
  ' the',
  'the',
  't',
  'h',
  ' ',
  '  ',
  '\n',
  '\t',
  "'s",
  '12',
  '€',
  'é',
  '數',
  '👩‍👩‍👧',
  '<|end|>',
  '<|',
  '.',
  ' t',
];

describe.each(cuts)('a tokenizer that cuts words %s', (_, preTokenizer) => {
  const definition = { ...byteLevelDefinition(), pre_tokenizer: preTokenizer, normalizer: { type: 'NFC' } };
  const tokenizer = createTokenizer(definition, { endTokens: ['<|end|>'] });
  const library = new (Library as unknown as LibraryClass)(definition, {});

  it('gives the ids of the library, whatever came before', () => {
    const random = createRandom(8).stream('texts');
    for (let i = 0; i < 400; i++) {
      const length = random.integer(12, i, 0);
      const text = Array.from({ length }, (__, at) => parts[random.integer(parts.length, i, at + 1)]).join('');
      const { ids } = library.encode(text, { add_special_tokens: false });
      // Twice: the second time from memory.
      for (let time = 0; time < 2; time++) expect({ text, ids: [...tokenizer.encode(text)] }).toEqual({ text, ids });
    }
  });
});

it('forgets words rather than keep all of a long text', () => {
  const definition = { ...byteLevelDefinition(), pre_tokenizer: bytes({ use_regex: true }) };
  const tokenizer = createTokenizer(definition, { endTokens: ['<|end|>'] });
  const text = Array.from({ length: 150_000 }, (_, i) => ` ${i.toString(36).replace(/\d/g, 'z')}`).join('');
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  expect(tokenizer.decode(tokenizer.encode(` ${'x'.repeat(100_000)}`))).toHaveLength(100_001);
});
