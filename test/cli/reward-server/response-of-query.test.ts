import { describe, expect, it } from 'vitest';
import { responseOfQuery } from '../../../cli/reward-server/response-of-query.js';

const prompt = 'User: What is 2 + 3? Put it into \\boxed{…}, for example \\boxed{7}.\nAssistant:';

describe('the response in the text of prompt and response', () => {
  it.each([
    ['as it was sent', `${prompt} It is \\boxed{5}.`],
    ['behind special tokens', `<|begin_of_text|><s> ${prompt} It is \\boxed{5}.`],
    ['with padding on both sides', `<pad><pad>${prompt} It is \\boxed{5}.<|im_end|>\n<|endoftext|><pad><pad>`],
    ['with other spaces', `${prompt.replaceAll(' ', '  ').replace('\n', ' ')} It is \\boxed{5}.</s>`],
    ['without its beginning', `${prompt.slice(30)} It is \\boxed{5}.`],
    ['without its beginning, behind a token of it', `${prompt.slice(31)} It is \\boxed{5}.`],
  ])('is what follows the prompt %s', (_, query) => {
    expect(responseOfQuery(query, prompt)?.trim()).toBe('It is \\boxed{5}.');
  });

  it('is the whole text without a prompt', () => {
    expect(responseOfQuery('It is 5.', '')).toBe('It is 5.');
  });

  it('is unknown if the prompt is not there, however similar', () => {
    expect(responseOfQuery('Something else: \\boxed{7}', prompt)).toBeUndefined();
    expect(responseOfQuery('nt: \\boxed{7}', prompt)).toBeUndefined();
    expect(responseOfQuery('', prompt)).toBeUndefined();
  });

  it('keeps what only looks like a special token', () => {
    expect(responseOfQuery('|x| < 5 and |y| > 3', '')).toBe('|x| < 5 and |y| > 3');
  });

  it('is found in linear time, also where everything repeats', () => {
    // In quadratic time this would take longer than any limit of a test.
    const query = 'ab'.repeat(1_000_000);
    expect(responseOfQuery(query, `${'ab'.repeat(999_999)}c${'ab'.repeat(500_000)}`)).toBeDefined();
    expect(responseOfQuery(`${query}${'<pad> '.repeat(500_000)}x`, '')).toBeDefined();
  });
});
