import { describe, expect, it } from 'vitest';
import { colorOf, contrast, measures, scaleOf, type Rgb } from '../../../../cli/dashboard/shared/colors.js';
import type { LocatedRollout } from '../../../../cli/dashboard/shared/data.js';
import { passes, rowOf, sortRows } from '../../../../cli/dashboard/shared/rollout-rows.js';
import { preview, visibleParts } from '../../../../cli/dashboard/shared/visible-text.js';
import { hostileTexts, rollout } from '../run-folders.js';

const rgb = (color: string): Rgb =>
  color.startsWith('#')
    ? color === '#000'
      ? [0, 0, 0]
      : [255, 255, 255]
    : (color.match(/\d+/g)!.map(Number) as unknown as Rgb);

describe('colours of tokens', () => {
  it.each(measures.flatMap((measure) => (['light', 'dark'] as const).map((theme) => [measure, theme] as const)))(
    '%s in the %s theme can be read at every value',
    (measure, theme) => {
      const scale = scaleOf(measure, [-2, 0.5, 3]);
      for (let i = 0; i <= 100; i++) {
        const { background, text } = colorOf(scale, scale.from + (i / 100) * (scale.to - scale.from), theme);
        expect(contrast(rgb(background), rgb(text))).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it('of what is likely, certain or as expected is the page itself', () => {
    for (const [measure, plain] of [
      ['probability', 1],
      ['entropy', 0],
      ['value', 0],
      ['advantage', 0],
    ] as const) {
      expect(colorOf(scaleOf(measure, [0.5, 1]), plain, 'light').background, measure).toBe('rgb(255, 255, 255)');
    }
  });

  it('grow stronger away from there, and below expectation has another hue than above', () => {
    const scale = scaleOf('advantage', [-1, 0.5]);
    expect(scale).toEqual({ measure: 'advantage', from: -1, to: 1, diverging: true });
    const [worst, bad, good] = [-1, -0.5, 0.5].map((value) => rgb(colorOf(scale, value, 'light').background)) as [
      Rgb,
      Rgb,
      Rgb,
    ];
    expect(contrast(worst, [255, 255, 255])).toBeGreaterThan(contrast(bad, [255, 255, 255]));
    expect([bad[2] > bad[0], good[0] > good[2]]).toEqual([true, true]);
  });

  it('a scale has a fixed end, so that responses compare, and reaches what lies beyond', () => {
    expect(scaleOf('probability', [0.4])).toMatchObject({ from: 0, to: 1 });
    expect(scaleOf('value', [0.2, 0.3])).toMatchObject({ from: 0, to: 1 });
    expect(scaleOf('value', [-0.5, 2])).toMatchObject({ from: -0.5, to: 2 });
    expect(scaleOf('entropy', [3])).toMatchObject({ from: 0, to: 3 });
    expect(scaleOf('advantage', [])).toMatchObject({ from: -0.01, to: 0.01 });
    expect(colorOf(scaleOf('probability', []), 7, 'light').background).toBe('rgb(255, 255, 255)');
  });
});

describe('text that is shown', () => {
  it('names what cannot be seen or would disturb its surroundings', () => {
    const shown = (text: string): string =>
      visibleParts(text)
        .map(({ text: part, hidden }) => (hidden ? `[${part}]` : part))
        .join('');
    expect(shown('a\u202Eb\u0000c\u2028d\uFEFFe\uD83Df\u{E0041}')).toBe(
      'a[\\u202e]b[\\u0000]c[\\u2028]d[\\ufeff]e[\\ud83d]f[\\u{e0041}]',
    );
    expect(shown('tab\t, line\n, é, 数, 😀, <b>')).toBe('tab\t, line\n, é, 数, 😀, <b>');
  });

  it.each(hostileTexts)('of %j holds no control character, direction mark or half pair', (text) => {
    expect(
      visibleParts(text)
        .map((part) => part.text)
        .join(''),
    ).not.toMatch(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
  });

  it('in a table is one short line', () => {
    expect(preview('  a\n\n b\tc ', 20)).toBe('a b c');
    expect(preview('abcdef', 4)).toBe('abc…');
    expect([...preview('😀😀😀😀😀', 3)]).toEqual(['😀', '😀', '…']);
  });
});

describe('rows of the table', () => {
  const place = (index: number, options: Parameters<typeof rollout>[1] & { iteration?: number }): LocatedRollout => ({
    run: 0,
    file: { file: 'f', iteration: options.iteration ?? 1, bytes: 1 },
    rollout: rollout(index, options),
  });
  const rows = [
    rowOf(place(0, { text: 'Wait, 12', reward: 1, iteration: 2, tokens: 5 })),
    rowOf(place(1, { text: 'no <b>', tokens: 2, extra: { stopReason: 'length', verdict: 'truncated' } })),
    rowOf({ ...place(2, { iteration: 3 }), rollout: (({ entropy: _, ...others }) => others)(rollout(2)) }),
  ];
  const none = { verdict: '', stopReason: '', text: '' };
  const found = (filter: Partial<Parameters<typeof passes>[1]>): number[] =>
    rows.filter((row) => passes(row, { ...none, ...filter })).map(({ rollout: { index } }) => index);
  const order = (key: Parameters<typeof sortRows>[1], descending = false): number[] =>
    sortRows(rows, key, descending).map(({ rollout: { index } }) => index);

  it('are found by verdict, stop reason, length and text', () => {
    expect([
      found({}),
      found({ verdict: 'correct' }),
      found({ stopReason: 'length' }),
      found({ minTokens: 3 }),
      found({ maxTokens: 2 }),
      found({ minTokens: 3, maxTokens: 4 }),
    ]).toEqual([[0, 1, 2], [0], [1], [0, 2], [1], [2]]);
    expect([found({ text: 'WAIT, 1' }), found({ text: '<B>' }), found({ text: 'nowhere' })]).toEqual([[0], [1], []]);
  });

  it('are sorted by numbers and texts, both ways; what is unknown stands last', () => {
    expect([order('iteration'), order('iteration', true), order('length'), order('verdict')]).toEqual([
      [1, 0, 2],
      [2, 0, 1],
      [1, 2, 0],
      [0, 1, 2],
    ]);
    expect([order('entropy').at(-1), order('entropy', true).at(-1)]).toEqual([2, 2]);
    expect(order('stopReason', true)).toEqual([0, 2, 1]);
  });

  it('have the geometric mean of their probabilities', () => {
    expect(rows[1]!.probability).toBeCloseTo(Math.sqrt(Math.exp(-1) * Math.exp(-0.5)), 12);
  });
});
