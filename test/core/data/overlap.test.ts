import { describe, expect, it } from 'vitest';
import { normalisePrompt, withoutChoices, wordsOf } from '../../../core/data/normalise.js';
import { OverlapIndex } from '../../../core/data/overlap.js';

const text =
  'Let f be a function on the whole numbers with f(1) = 1 and f(2n) = 2 f(n) - 1 for every n, ' +
  'and f(2n + 1) = 2 f(n) + 1; find the least value of n with f(n) = 3';
const index = (prompts: readonly string[], share = 0.8, words = 8) =>
  new OverlapIndex(
    prompts.map((prompt, i) => ({ id: `h${i}`, prompt })),
    { words, share },
  );

describe('normalised prompts', () => {
  it('ignore white space and width, not case, punctuation or exponents', () => {
    expect(normalisePrompt(' Ｆind \n\u00a0 x² ')).toBe('Find x^2');
    expect(normalisePrompt('e\u0301')).toBe(normalisePrompt('\u00e9'));
    for (const [a, b] of [
      ['Find x', 'Find X'],
      ['10²', '102'],
      ['x₁', 'x1'],
      ['1, 2', '1 2'],
    ] as const)
      expect(normalisePrompt(a)).not.toBe(normalisePrompt(b));
  });

  it('have words without brackets, dollars, punctuation, presentation and drawings', () => {
    expect(wordsOf('Find $\\left(\\dfrac{x}{2}\\right)^2 \\leq 3$.\n[asy] draw((0,0)); [/asy] Why?')).toEqual([
      'find',
      '\\frac',
      'x',
      '2',
      '^',
      '2',
      '\\le',
      '3',
      'why',
    ]);
  });

  it('lose the options below a question', () => {
    expect(withoutChoices('Which?\n\nA. one\nB. two\nC. three')).toBe('Which?');
    expect(withoutChoices('A. is a point.\nFind B.')).toBe('A. is a point.\nFind B.');
  });
});

describe('OverlapIndex', () => {
  it('finds a problem inside a longer text, in another notation, and with a number changed', () => {
    const held = index([text, 'something else entirely']);
    expect(held.find(`${text}. Give a proof.`)).toEqual({ id: 'h0', equal: false, share: 1 });
    expect(held.find(text.replaceAll('f(n)', '$f(n)$').toUpperCase())?.share).toBe(1);
    const changed = held.find(text.replace('= 3', '= 4'));
    expect(changed?.id).toBe('h0');
    expect(changed?.share).toBeGreaterThan(0.9);
    expect(held.find(text.split(' ').slice(0, 15).join(' '))).toBeUndefined();
    expect(held.find('What is the least whole number that is not the value of a function?')).toBeUndefined();
  });

  it('finds the share that a plain comparison of n-grams gives', () => {
    const grams = (prompt: string) =>
      new Set(
        wordsOf(prompt)
          .map((_, i, all) => all.slice(i, i + 8).join(' '))
          .filter((gram) => gram.split(' ').length === 8),
      );
    const other = `${text.slice(0, 70)} but otherwise not, ${text.slice(70)}`;
    const shared = [...grams(text)].filter((gram) => grams(other).has(gram)).length / grams(text).size;
    expect(shared).toBeGreaterThan(0.3);
    expect(index([text], 0.01).find(other)?.share).toBeCloseTo(shared, 10);
  });

  it('finds the problem that is repeated to the largest share', () => {
    expect(
      index([text.replace('least', 'greatest').replace('f(1) = 1', 'f(1) = 7'), text]).find(`Now: ${text}`)?.id,
    ).toBe('h1');
  });

  it('finds short problems only by equality, options aside', () => {
    const held = index([
      'What is the value of x in the diagram? [asy] draw((0,0)); [/asy]',
      'Which is prime?\n\nA. 4\nB. 5',
    ]);
    expect(held.find('What is the value of x in the diagram? [asy] draw((1,1)--(2,2)); [/asy]')).toBeUndefined();
    expect(held.find('Which is prime?')).toEqual({ id: 'h1', equal: true, share: 1 });
  });
});
