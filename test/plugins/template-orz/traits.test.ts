import { describe, expect, it } from 'vitest';
import { isWellFormed } from '../../../plugins/template-orz/format.js';
import { isReflective, reflectionMarks } from '../../../plugins/template-orz/reflection.js';

describe('isReflective', () => {
  it.each(reflectionMarks)('finds "%s" in any case, also at the very start', (mark) => {
    const sentence = `${mark[0]!.toUpperCase()}${mark.slice(1)} that is 7.`;
    expect([sentence, `so 8.${sentence}`, `so ${mark} 8`, mark.toUpperCase()].map(isReflective)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('wants the comma after wait, alternatively and however', () => {
    expect(['wait for it', 'Wait. No', 'alternatively we', 'However it may be', 'however'].some(isReflective)).toBe(
      false,
    );
  });

  it('accepts longer forms of recheck and retry', () => {
    expect(['Let me recheck.', 'after rechecking', 'We retry', 'retrying now'].every(isReflective)).toBe(true);
  });

  it('does not take the end of another word for a mark', () => {
    expect(['they await, then go', 'I just await, 3', 'precheck', 'nohowever, no', ''].some(isReflective)).toBe(false);
  });
});

describe('isWellFormed', () => {
  it('accepts the closing think tag, then answer tags around one boxed answer', () => {
    for (const response of [
      'sum is 7.</think> <answer>\\boxed{7}</answer>',
      '</think><answer>So \\boxed{\\frac{1}{2}} it is</answer> trailing',
      'use \\boxed{} here</think>\nThus\n<answer>\\boxed{\\{1,2\\}}</answer>',
    ])
      expect(isWellFormed(response), response).toBe(true);
  });

  it.each([
    ['no closing think tag', '<answer>\\boxed{7}</answer>'],
    ['no answer tags', '</think> \\boxed{7}'],
    ['answer not closed', '</think><answer>\\boxed{7}'],
    ['answer before the end of thinking', '<answer>\\boxed{7}</answer></think>'],
    ['tags in the wrong order', '</think></answer>\\boxed{7}<answer>'],
    ['box outside the answer', '</think>\\boxed{7}<answer>7</answer>'],
    ['no box', '</think><answer>7</answer>'],
    ['blank box', '</think><answer>\\boxed{ }</answer>'],
    ['box not closed inside the answer', '</think><answer>\\boxed{{7}</answer>}'],
    ['escaped brace does not close the box', '</think><answer>\\boxed{7\\}</answer>'],
    ['two boxes', '</think><answer>\\boxed{7}\\boxed{8}</answer>'],
    ['thinking closed twice', '</think>no</think><answer>\\boxed{7}</answer>'],
    ['two answers', '</think><answer>\\boxed{7}</answer><answer>\\boxed{7}</answer>'],
    ['a second think block', '</think><think></think><answer>\\boxed{7}</answer>'],
    ['empty', ''],
  ])('rejects: %s', (_, response) => {
    expect(isWellFormed(response)).toBe(false);
  });

  it('needs linear time for long hostile text', () => {
    expect(isWellFormed(`</think><answer>${'\\boxed{'.repeat(200_000)}</answer>`)).toBe(false);
    expect(isWellFormed(`</think><answer>\\boxed{${'{'.repeat(500_000)}</answer>`)).toBe(false);
    expect(isWellFormed('<answer>'.repeat(200_000))).toBe(false);
  });
});
