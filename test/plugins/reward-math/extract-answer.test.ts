import { describe, expect, it } from 'vitest';
import { extractAnswer } from '../../../plugins/reward-math/extract-answer.js';
import { random } from './random.js';

/** The reference rule in its original shape, a pattern and a count of braces; far too slow for long texts. */
function byPattern(response: string): string | undefined {
  const stretch = [...response.matchAll(/<answer>[^]*?(\\boxed\{[^]*\})[^]*?<\/answer>/g)].at(-1)?.[1];
  if (stretch === undefined) return undefined;
  for (
    let start = stretch.lastIndexOf('\\boxed{');
    start >= 0;
    start = start === 0 ? -1 : stretch.lastIndexOf('\\boxed{', start - 1)
  ) {
    let depth = 0;
    for (let at = start + 6; at < stretch.length; at++) {
      if (stretch[at] === '{') depth++;
      if (stretch[at] === '}' && --depth === 0) return stretch.slice(start + 7, at);
    }
  }
  return undefined;
}

describe('the boxed answer inside the answer tags', () => {
  it.each([
    ['</think> <answer> The answer is \\boxed{42}. </answer>', '42'],
    ['<answer>\\boxed{\\frac{1}{2}} and {a}</answer>', '\\frac{1}{2}'],
    ['<answer>\\boxed{41} then \\boxed{42}</answer>', '42'],
    ['<answer>\\boxed{41}</answer> no <answer>\\boxed{42}</answer>', '42'],
    ['<answer>\\boxed{42}</answer> and <answer>as said</answer>', '42'],
    ['<answer>\\boxed{1+\\boxed{2}}</answer>', '2'],
    ['<answer>\\boxed{}</answer>', ''],
    ['<answer>\n\\boxed{\n42\n}\n</answer>', '\n42\n'],
    ['\\boxed{42} <answer>42</answer>', undefined],
    ['<answer>42</answer> \\boxed{42}', undefined],
    ['<answer>\\boxed{42}', undefined],
    ['\\boxed{42}</answer>', undefined],
    ['<ANSWER>\\boxed{42}</ANSWER>', undefined],
    ['<answer>\\boxed 42</answer>', undefined],
    ['<answer>\\boxed{42</answer>', undefined],
    ['', undefined],
  ])('%s', (response, answer) => {
    expect(extractAnswer(response)).toBe(answer);
  });

  it('equals the original pattern on random texts of tags, boxes and braces', () => {
    const pieces = ['<answer>', '</answer>', '\\boxed{', '{', '}', 'x', '\n', '\\boxed', '<answer'];
    const next = random(7);
    for (let k = 0; k < 20_000; k++) {
      const text = Array.from({ length: 1 + (next() % 14) }, () => pieces[next() % pieces.length]).join('');
      expect(extractAnswer(text), JSON.stringify(text)).toBe(byPattern(text));
    }
  });

  it('takes time in proportion to the length, also on texts made to be slow', () => {
    const hostile = [
      '<answer>',
      '\\boxed{',
      '}',
      '<answer>\\boxed{',
      '\\boxed{}',
      '</answer>',
      '<answer>\\boxed{}',
      '{',
    ].map((piece) => piece.repeat(200_000));
    for (const text of [...hostile, ...hostile.map((t) => `<answer>\\boxed{${t}}</answer>`)]) extractAnswer(text);
  });
});
