import { describe, expect, it } from 'vitest';
import { sparkline } from '../../../cli/terminal/sparkline.js';
import { displayWidth, fitWidth, padWidth } from '../../../cli/terminal/width.js';

describe('the width of a text', () => {
  it('counts two columns for wide characters and emoji, none for colours and marks', () => {
    for (const [text, width] of [
      ['abc', 3],
      ['', 0],
      ['数学', 4],
      ['한글', 4],
      ['é', 1],
      ['e\u0301', 1],
      ['👩‍👩‍👧', 2],
      ['✅', 2],
      ['ｆ', 2],
      ['─━▁█', 4],
      ['\u001b[31mred\u001b[39m', 3],
      ['a\u200bb', 2],
    ] as const)
      expect(displayWidth(text), JSON.stringify(text)).toBe(width);
  });

  it('is never exceeded by a text that was cut, and no character is cut in half', () => {
    for (const text of ['a plain line of text', '数学の問題を解く', 'mixed 数学 text ✅ end', '👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧']) {
      for (let columns = 1; columns <= displayWidth(text) + 1; columns++) {
        const cut = fitWidth(text, columns);
        expect(displayWidth(cut), `${text} in ${columns}`).toBeLessThanOrEqual(columns);
        expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true);
      }
      expect(fitWidth(text, displayWidth(text))).toBe(text);
    }
  });

  it('ends colours where it cuts', () => {
    expect(fitWidth('\u001b[31mred and long\u001b[39m', 5)).toBe('\u001b[31mred …\u001b[0m');
  });

  it('fills up by what is shown, not by the number of characters', () => {
    expect(padWidth('数', 4)).toBe('数  ');
    expect(padWidth('long', 2)).toBe('long');
  });
});

describe('a sparkline', () => {
  it('goes from the lowest value to the highest', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, -5], 8)).toBe('█▁');
  });

  it('averages what does not fit, and leaves out what is missing', () => {
    expect(
      sparkline(
        Array.from({ length: 1000 }, (_, i) => i),
        4,
      ),
    ).toBe('▁▃▆█');
    expect(sparkline([0, null, null, null, 10, null], 3)).toBe('▁ █');
  });

  it('draws a constant, one value and none', () => {
    expect([sparkline([2, 2, 2], 8), sparkline([3], 8), sparkline([], 8), sparkline([null], 8)]).toEqual([
      '▁▁▁',
      '▁',
      '',
      ' ',
    ]);
  });
});
