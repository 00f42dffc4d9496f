import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../core/train/loop/run.js';
import { formatDuration, formatNumber, printable } from '../../../cli/terminal/format.js';
import { metricsLines } from '../../../cli/terminal/metrics-line.js';
import { summaryText } from '../../../cli/terminal/summary-text.js';
import { withoutColors } from './without-colors.js';

it.each([
  [1234567, '1,234,567'],
  [0.12345, '0.123'],
  [12.345, '12.3'],
  [1234.5, '1235'],
  [1.5e-6, '1.50e-6'],
  [NaN, 'NaN'],
])('%d is shown as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each([
  [0, '0:00'],
  [59_600, '1:00'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
])('%d ms are shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it('text of a model cannot steer the terminal', () => {
  expect(printable('a\u001b[2Jb\u0007\u009b1m\rc\n\td\u202e')).toBe('a\\x1b[2Jb\\x07\\x9b1m\\x0dc\n\td\\x202e');
});

describe('metrics on the screen', () => {
  it('an iteration is one line of what matters most', () => {
    const metrics = {
      iteration: 7,
      reward: 0.5,
      responseLength: 22.64,
      formatShare: 0.94,
      reflectionShare: 0.7,
      explainedVariance: 0.3,
      entropy: 0.2,
      seconds: { sample: 1, total: 1.5 },
    };
    expect(metricsLines(metrics, 40).map(withoutColors)).toEqual([
      '   7/40  reward 0.500  length 22.6  format 0.940  reflection 0.700  explained variance 0.300  1.500 s',
    ]);
  });

  it('what an iteration does not have is left out', () => {
    expect(metricsLines({ iteration: 7, reward: 0.5, explainedVariance: null }, 40).map(withoutColors)).toEqual([
      '   7/40  reward 0.500',
    ]);
  });

  it('an evaluation is a line of its own', () => {
    expect(
      metricsLines({ iteration: 0, 'evaluation/math500': { reward: 0.25, responseLength: 15 } }, 40).map(withoutColors),
    ).toEqual(['math500 problems, after 0:  reward 0.250  length 15.0']);
  });
});

it('the summary shows both rewards, both pairs of answers and the folder', () => {
  const report = (reward: number) =>
    ({
      reward,
      responseLength: 10 * reward,
      formatShare: 1,
      reflectionShare: 0,
    }) as unknown as RunSummary['after'][string];
  const answer = (response: string, verdict: string) => ({ problem: '1+2', answer: '3', response, verdict, reward: 0 });
  const text = withoutColors(
    summaryText({
      iterations: 40,
      seconds: 125,
      location: '/runs/x',
      before: { 'held-out': report(0.25) },
      after: { 'held-out': report(0.95) },
      samplesBefore: [answer('Maybe 4', 'wrong'), answer('Maybe 5', 'wrong')],
      samplesAfter: [answer('It is 3', 'correct'), answer('\u001b[31m3', 'correct')],
    }),
  );
  for (const part of [
    '0.250 → 0.950',
    'Maybe 4',
    'Maybe 5',
    'It is 3',
    '\\x1b[31m3',
    'A response after to 1+2 (answer 3): correct',
    '40 iterations in 2:05',
    '/runs/x',
  ])
    expect(text).toContain(part);
});
