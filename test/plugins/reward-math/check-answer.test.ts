import { describe, expect, it } from 'vitest';
import createReward from '../../../plugins/reward-math/reward.js';

const check = (answer: string, settings = {}) => createReward(settings).checkAnswer!({ id: 'p', prompt: 'Q', answer });

describe('the math reward, asked about gold answers', () => {
  it.each([
    '3',
    '-0.5',
    '1,218',
    '\\frac{1}{2}',
    '\\dfrac{3}{4}',
    '(1, 2)',
    '[0, \\infty)',
    'x^2 + 1',
    'n = 4',
    'C',
    '\\text{(B)}',
    'Evelyn',
    '50\\%',
    '5 \\text{ cm}',
    '\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}',
    '000',
  ])('can grade %s', (answer) => {
    expect(check(answer)).toEqual({ gradable: true });
  });

  it.each([
    ['frac{a}{b-c-d', /cannot be put into a box/],
    ['\\frac{1}{', /cannot be put into a box/],
    ['1}', /./],
    ['', /./],
    ['E(Y|X)', /only the same text/],
    ['\frac{1}{2}', /control character/],
    ['3\text{ cm}', /control character/],
    ['x \neq 3', /control character/],
  ])('cannot grade %j, and says why', (answer, reason) => {
    expect(check(answer)).toEqual({ gradable: false, reason: expect.stringMatching(reason) });
  });

  it('goes by its own limits', () => {
    expect(check('9^{9^{9^9}}')).toEqual({ gradable: true });
    expect(check('1'.repeat(50), { maxLength: 40 })).toEqual({
      gradable: false,
      reason: expect.stringMatching(/only the same text/),
    });
    expect(check('1+'.repeat(2000) + '1', { maxSteps: 10 })).toMatchObject({ gradable: false });
  });
});
