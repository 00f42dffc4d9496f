import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { normalizeAsTokenizers } from '../../../core/tokenizer/unicode.js';
import { byteLevelDefinition } from './definitions.js';

const fixture = new URL('../../fixtures/unicode/normalized.json', import.meta.url);
const forms = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;
type Expected = { readonly text: string } & Readonly<Record<(typeof forms)[number], string>>;
const expected = JSON.parse(readFileSync(fixture, 'utf8')) as readonly Expected[];

it('normalises as Hugging Face tokenizers do, marks that are newer than their tables included', () => {
  expect(expected.length).toBeGreaterThan(400);
  for (const { text, ...normal } of expected)
    expect({ text, ...Object.fromEntries(forms.map((form) => [form, normalizeAsTokenizers(text, form)])) }).toEqual({
      text,
      ...normal,
    });
});

it.each([...forms, 'Sequence'] as const)('a tokenizer with %s has the ids of the normalised text', (type) => {
  const normalizer = type === 'Sequence' ? { type, normalizers: [{ type: 'NFC' }] } : { type };
  const plain = createTokenizer(byteLevelDefinition(), { endTokens: [] });
  const tokenizer = createTokenizer({ ...byteLevelDefinition(), normalizer }, { endTokens: [] });
  for (const { text, ...normal } of expected)
    expect([...tokenizer.encode(text)]).toEqual([...plain.encode(normal[type === 'Sequence' ? 'NFC' : type])]);
});
