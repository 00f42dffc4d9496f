import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';

/** What Hugging Face tokenizers gives; see make.py beside it. */
const { definition, texts, cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/character-classes/cases.json', import.meta.url), 'utf8'),
) as {
  readonly definition: object;
  readonly texts: readonly string[];
  readonly cases: readonly {
    readonly name: string;
    readonly preTokenizer: object;
    readonly ids: readonly (readonly number[])[];
  }[];
};

it.each(cases)('white space and digits are those of tokenizers: $name', ({ preTokenizer, ids }) => {
  const tokenizer = createTokenizer({ ...definition, pre_tokenizer: preTokenizer }, { endTokens: [] });
  expect(texts.map((text) => [...tokenizer.encode(text)])).toEqual(ids);
});
