import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createTextStream } from '../../../core/tokenizer/stream.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';

/** Qwen2.5's tokenizer and known encodings of it; not part of this repository. */
const data = new URL('../../../../shared/data/', import.meta.url);
const present = existsSync(new URL('tokenizer/qwen2/tokenizer.json', data));
const read = (path: string) => JSON.parse(readFileSync(new URL(path, data), 'utf8')) as unknown;

interface Expected {
  readonly cases: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly corpus: readonly { readonly file: string; readonly records: number; readonly sha256: string }[];
}

describe.skipIf(!present)('the tokenizer of Qwen2.5 (skipped where its files are not at ../shared/data)', () => {
  const load = () => {
    const tokenizer = createTokenizer(read('tokenizer/qwen2/tokenizer.json'), { endTokens: ['<|endoftext|>'] });
    return { tokenizer, expected: read('tokenizer/qwen2/expected.json') as Expected };
  };
  const { tokenizer, expected } = present ? load() : ({} as ReturnType<typeof load>);

  test('encodes and decodes every known case', () => {
    expect(expected.cases.length).toBeGreaterThan(100);
    for (const { text, ids } of expected.cases) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text.normalize('NFC'));
    }
  });

  test('decodes the same text one token at a time', () => {
    for (const { ids } of expected.cases) {
      const stream = createTextStream(tokenizer);
      expect([...ids.map((id) => stream.push(id)), stream.finish()].map(({ text }) => text).join('')).toBe(
        tokenizer.decode(ids),
      );
    }
  });

  test('encodes the 500 problems of MATH-500 as recorded', () => {
    const record = expected.corpus.find(({ file }) => file === 'eval/math500.json')!;
    const problems = read(record.file) as { prompt: { value: string }[] }[];
    const lines = problems.map(({ prompt }) => tokenizer.encode(prompt[0]!.value).join(' '));
    expect(lines.length).toBe(record.records);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(record.sha256);
  });

  test('ends with the end-of-text id and leaves the rows of the model beyond it without text', () => {
    expect(tokenizer.endTokens).toEqual([151643]);
    expect(tokenizer.vocabSize).toBe(151665);
    expect(tokenizer.decode([151935])).toBe('');
  });
});

describe.skipIf(!present)(
  'the tokenizer of GPT-2, from its vocabulary and merges (skipped where they are not at ../shared/data)',
  () => {
    const definition = () => {
      const merges = readFileSync(new URL('tokenizer/gpt2/merges.txt', data), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#version'))
        .map((line) => line.split(' '));
      return {
        version: '1.0',
        truncation: null,
        padding: null,
        normalizer: null,
        post_processor: null,
        decoder: { type: 'ByteLevel' },
        added_tokens: [
          {
            id: 50256,
            content: '<|endoftext|>',
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
          },
        ],
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        model: {
          type: 'BPE',
          dropout: null,
          unk_token: null,
          continuing_subword_prefix: '',
          end_of_word_suffix: '',
          fuse_unk: false,
          byte_fallback: false,
          vocab: read('tokenizer/gpt2/vocab.json'),
          merges,
        },
      };
    };

    test('encodes and decodes every known case', () => {
      const tokenizer = createTokenizer(definition(), { endTokens: ['<|endoftext|>'] });
      const { cases } = read('tokenizer/gpt2/expected.json') as Expected;
      expect(cases.length).toBeGreaterThan(80);
      for (const { text, ids } of cases) {
        expect([...tokenizer.encode(text)]).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
    });
  },
);
