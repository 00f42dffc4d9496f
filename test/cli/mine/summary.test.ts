import { describe, expect, it } from 'vitest';
import { mineSummary } from '../../../cli/mine/summary.js';
import { withoutColors } from '../terminal/without-colors.js';

const mined = (...rights: readonly number[]) =>
  rights.map((right, i) => ({ problem: { id: `p${i}`, prompt: `${i}`, answer: '1' }, right, samples: 10 }));

describe('the summary of pass rates', () => {
  const lines = withoutColors(mineSummary(mined(0, 0, 1, 3, 3, 3, 3, 9, 10), 'a b/mined.jsonl')).split('\n');

  it('has a bar for each range, in which a rate on an edge belongs to the upper one', () => {
    const bars = lines.slice(1, 13).map((line) => [line.slice(2, 16).trim(), line.replaceAll(/[^█]/g, '').length]);
    expect(bars).toEqual([
      ['0: never', 20],
      ['below 0.1', 0],
      ['0.1 to 0.2', 10],
      ['0.2 to 0.3', 0],
      ['0.3 to 0.4', 40],
      ...['0.4 to 0.5', '0.5 to 0.6', '0.6 to 0.7', '0.7 to 0.8', '0.8 to 0.9'].map((label) => [label, 0]),
      ['0.9 to 1.0', 10],
      ['1: always', 10],
    ]);
  });

  it('says what ranges keep, and how to train on the hardest of them', () => {
    expect(lines.find((line) => line.includes('max=0.0625'))).toMatch(/max=0\.0625 +2 {2}fewer than 4 of 64/);
    expect(lines.find((line) => line.includes('max=0.2 '))).toMatch(/ 3 {2}the hardest quarter/);
    expect(lines.find((line) => line.includes('min=0.1 max=1'))).toMatch(/ 6 {2}/);
    expect(lines.join('\n')).toContain(
      `orz-train train --set data.type=files --set 'data.train=["a b/mined.jsonl"]' ` +
        '--set dataFilters.passRate.max=0.0625',
    );
  });

  it('offers the first range that keeps a tenth, or says that none keeps any', () => {
    const few = [0, ...Array.from({ length: 19 }, () => 6)];
    expect(mineSummary(mined(...few), 'f')).toContain('--set dataFilters.passRate.max=0.7\n');
    expect(mineSummary(mined(10, 10, 10, 6), 'f')).toContain('--set dataFilters.passRate.max=0.7\n');
    const easy = [6, ...Array.from({ length: 19 }, () => 10)];
    expect(mineSummary(mined(...easy), 'f')).toContain('--set dataFilters.passRate.min=0.1');
    expect(mineSummary(mined(10), 'f')).toContain('nothing left to teach');
  });
});
