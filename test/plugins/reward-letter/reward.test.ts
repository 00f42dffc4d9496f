import { describe, expect, it } from 'vitest';
import { hostileResponses, rewardConformance } from '../../../core/conformance/reward.js';
import { findLetter } from '../../../plugins/reward-letter/find-letter.js';
import createReward from '../../../plugins/reward-letter/reward.js';

describe('the letter of a response', () => {
  it.each([
    ['The answer is B', 'B'],
    ['The answer is B.', 'B'],
    ['The answer is (B).', 'B'],
    ['The correct answer is **B**.', 'B'],
    ['**Answer:** B', 'B'],
    ['**Answer: B**', 'B'],
    ['Answer: (C) 12', 'C'],
    ['answer: d', 'D'],
    ['The correct option is option C', 'C'],
    ['the answer is $\\boxed{B}$', 'B'],
    ['So \\boxed{\\text{(D)}} it is.', 'D'],
    ['B', 'B'],
    [' B\n', 'B'],
    ['B.', 'B'],
    ['B) Mitochondria', 'B'],
    ['(B) Mitochondria', 'B'],
    ['**B**', 'B'],
    ['**B. Mitochondria**', 'B'],
    ['**(B)** Mitochondria, since they respire.', 'B'],
    ['I would therefore choose (B), which respires.', 'B'],
    ['A is wrong because it is a plant. The answer is C because it is not.', 'C'],
    ['First I thought the answer is A. No: the answer is D.', 'D'],
    ['Answer: J', 'J'],
    ['The answer is: A', 'A'],
    ['Final Answer: \\(\\boxed{A}\\)', 'A'],
  ])('%s', (text, letter) => {
    expect(findLetter(text, 10)).toBe(letter);
  });

  it.each([
    'A car is a vehicle.',
    'The answer is a car.',
    'Answer: A prime number has two divisors.',
    'I do not know.',
    'The answer is A or B.',
    'The answer is A, B',
    'Because of that, the answer is 12.',
    'Answer: Because',
    '',
  ])('is not found in: %s', (text) => {
    expect(findLetter(text, 10)).toBeUndefined();
  });

  it('is one of the options', () => {
    expect(findLetter('The answer is F.', 4)).toBeUndefined();
    expect(findLetter('The answer is F.', 10)).toBe('F');
  });

  it('is looked for in linear time', () => {
    const parts = [
      'answer is ',
      'answer ',
      '**',
      '(',
      '\\boxed{',
      '\\boxed{\\text{',
      'A',
      ' ',
      '\n',
      'option choice is ',
    ];
    for (const text of [...hostileResponses, ...parts.map((part) => part.repeat(200_000))]) findLetter(text, 26);
  });
});

describe('the letter reward', () => {
  const reward = createReward();
  for (const { title, run } of rewardConformance(() => createReward())) it(title, run);

  it('grades finished responses only', async () => {
    const rollout = { index: 0, problem: { id: 'q', prompt: '?', answer: 'B' }, responseLength: 3 };
    const grade = async (text: string, stopReason: 'stop' | 'length') =>
      (await reward.grade([{ ...rollout, text, stopReason }]))[0];
    expect(await grade('The answer is B', 'stop')).toEqual({ value: 1, verdict: 'correct', answer: 'B' });
    expect(await grade('The answer is C', 'stop')).toEqual({ value: 0, verdict: 'wrong', answer: 'C' });
    expect(await grade('The answer is B', 'length')).toEqual({ value: 0, verdict: 'truncated', answer: 'B' });
    expect(await grade('Hm', 'stop')).toEqual({ value: 0, verdict: 'no-answer' });
  });

  it('accepts letters as gold answers', async () => {
    const check = (answer: string) => reward.checkAnswer?.({ id: 'q', prompt: '?', answer });
    expect(await check('(b)')).toEqual({ gradable: true });
    expect(await check('12')).toEqual({ gradable: false, reason: 'it is not the letter of an option' });
  });
});
