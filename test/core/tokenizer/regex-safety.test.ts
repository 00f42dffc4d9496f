import { describe, expect, it } from 'vitest';
import { slowPattern } from '../../../core/tokenizer/regex-safety.js';
import { createTokenizer } from '../../../core/tokenizer/tokenizer.js';
import { byteLevelDefinition } from './definitions.js';

const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const endings = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const cased = (after: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${after}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${after}`;
const spaces = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

const published: readonly (readonly [string, string])[] = [
  ['GPT-2', "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"],
  ['Qwen2', `${endings}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`],
  ['Llama 3', `${endings}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`],
  ['Qwen3.5', `${endings}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${spaces}`],
  ['GPT-4o', `${cased(`${endings}?`)}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`],
  ['Mistral Nemo', `${cased('')}|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`],
  [
    'DeepSeek V3',
    '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+' +
      `| ?[\\p{P}\\p{S}]+[\\r\\n]*|${spaces}`,
  ],
  ['DeepSeek LLM, letters', '\\s?\\p{L}+'],
  ['DeepSeek LLM, space at the end', '\\s+$'],
  ['DeepSeek LLM, line ends', '[\\r\\n]'],
  ['DeepSeek, numbers', '\\p{N}{1,3}'],
  ['DeepSeek, ideographs', '[一-龥぀-ゟ゠-ヿ]+'],
  ['BLOOM', ' ?[^(\\s|[.,!?…。，、।۔،])]+'],
  ['Falcon', '[0-9][0-9][0-9]'],
  ['CLIP', "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"],
  ['CLIP, normalizer', '\\s+'],
  ['T5, normalizer', ' {2,}'],
  ['digits from the right', '(?=(\\d{3})+(?!\\d))'],
];

describe('a pattern of a published tokenizer', () => {
  it.each(published)('%s is accepted', (_, pattern) => {
    expect(slowPattern(pattern)).toBeUndefined();
  });

  // The nested set of BLOOM is not of this syntax; the library rewrites it.
  const usable = published.filter(([name]) => !/at the end|from the right|BLOOM/.test(name));

  it.each(usable)('%s splits long texts of one kind, which quadratic time would not end', (_, pattern) => {
    const regex = new RegExp(pattern.replaceAll('(?i:', '(?:'), 'gu');
    for (const unit of [' ', 'a', 'A', '1', '.', '\n', 'ª', ' \n', 'aA']) {
      const text = `${unit.repeat(300_000)}!b `;
      const pieces = text.match(regex) ?? [];
      expect(pieces.join('').length).toBeLessThanOrEqual(text.length);
    }
  });
});

it.each(['a+x|a+', 'a+x|\\d|bc|a+', '(a+x|b|a+)', '(?i:ab|c)?d+', '\\s+(?!\\S)|\\p{N}|\\s+'])(
  '%s is accepted',
  (pattern) => {
    expect(slowPattern(pattern)).toBeUndefined();
  },
);

it('is looked for to some depth, beyond which a definition is refused', () => {
  const normalizer = JSON.parse(`${'{"normalizers":['.repeat(3000)}{}${']}'.repeat(3000)}`) as object;
  expect(() => createTokenizer({ ...byteLevelDefinition(), normalizer }, { endTokens: [] })).toThrow(
    expect.objectContaining({ code: 'ORZ_TOKENIZER', message: 'A part is nested deeper than 30 levels' }),
  );
});

describe('a pattern that can take time without end', () => {
  it.each([
    ['(a+)+$', 'repeats a group'],
    ['(a|a)*$', 'repeats a group'],
    ['(a|aa)+$', 'repeats a group'],
    ['(?:a*)*b', 'repeats a group'],
    ['(.*a){20}', 'repeats a group'],
    ['(a?){50}a{50}', 'repeats a group'],
    ['(?:(?:a{1,2}))+b', 'repeats a group'],
    ['(\\w+\\s?)+$', 'repeats a group'],
    ['([a-z]+[0-9]*)+!', 'repeats a group'],
    ['((ab)+)+$', 'repeats a group'],
    ['\\s*\\s*\\s*$', 'several repetitions'],
    ['.*.*=.*', 'several repetitions'],
    ['a{1,9999}a{1,9999}b', 'several repetitions'],
    ['(?:a+)(?:a+)b', 'several repetitions'],
    ['(?=a*a*b)', 'several repetitions'],
    ['x|(?!.*a.*b)', 'several repetitions'],
    [`${'a?'.repeat(30)}${'a'.repeat(30)}`, 'too many ways'],
    [`${'(?:a|a)'.repeat(30)}b`, 'too many ways'],
    [`${'a{0,9}'.repeat(9)}b`, 'too many ways'],
    ['\\s+x', 'no alternative takes all'],
    ['a+$', 'no alternative takes all'],
    ['(?<=a+)b', 'no alternative takes all'],
    ['(?=a+)b', 'no alternative takes all'],
    ['a+x|a+?', 'no alternative takes all'],
    ['a+x|a|a+', 'may take a part'],
    ['\\s+x|[ \\t]{1,3}|\\s+', 'may take a part'],
    ['a+x|(?:b|a)c*|a+', 'may take a part'],
    ['[a-z]+x|\\w[0-9]*|[a-z]+', 'may take a part'],
    ['(?<=a+c)b', 'no alternative takes all'],
    ['(?:ab)+c', 'no alternative takes all'],
    ['(.+)\\1', 'has \\1'],
    ['(?<n>a)\\k<n>', 'has \\k'],
    ['(?>a+)b', 'has (?'],
    ['(a', 'has ('],
    ['a)', 'has )'],
    ['[a', 'has ['],
    ['('.repeat(1000), 'has ('],
  ])('%s is refused', (pattern, reason) => {
    expect(slowPattern(pattern)).toContain(reason);
  });

  it.each(['normalizer', 'pre_tokenizer', 'decoder'])('is refused wherever it is in the %s', (part) => {
    const steps = { normalizer: 'normalizers', pre_tokenizer: 'pretokenizers', decoder: 'decoders' }[part] ?? '';
    const step = { type: part === 'pre_tokenizer' ? 'Split' : 'Replace', pattern: { Regex: '(a+)+$' }, content: '' };
    const definition = {
      ...byteLevelDefinition(),
      [part]: { type: 'Sequence', [steps]: [{ ...step, behavior: 'Isolated', invert: false }] },
    };
    expect(() => createTokenizer(definition, { endTokens: [] })).toThrow(
      expect.objectContaining({
        code: 'ORZ_TOKENIZER',
        message: expect.stringContaining('could take time without end'),
      }),
    );
  });
});
