import { describe, expect, it } from 'vitest';
import type { FromRun } from '../../../cli/run/messages.js';
import { runFrame, type Panel } from '../../../cli/terminal/run-frame.js';
import { applyMessage, openState, type RunState } from '../../../cli/terminal/run-state.js';
import { displayWidth } from '../../../cli/terminal/width.js';
import { withoutColors } from './without-colors.js';

const sizes = [20, 30, 40, 60, 80, 120].flatMap((columns) => [10, 24, 50].map((rows) => [columns, rows] as const));

const iteration = (number: number): FromRun => ({
  kind: 'metrics',
  metrics: {
    iteration: number,
    reward: number / 100,
    responseLength: 900 + number,
    entropy: 0.5,
    explainedVariance: -0.25,
    'evaluation/held-out problems': { reward: 0.5 },
    seconds: { total: 61 },
    warnings: { truncation: 3, 'no-signal': 4 },
  },
});

/** A run in which everything is shown that can be. */
function busyRun(): RunState {
  const state = openState('orz-tiny-weak-base', 120, 0);
  const messages: FromRun[] = [
    { kind: 'started', runDir: '/home/me/experiments/runs/orz-tiny-2026-11-30-142000' },
    { kind: 'device', device: 'onnx on cpu' },
    ...[1, 2, 3].map(iteration),
    { kind: 'phase-start', id: 1, name: 'sampling and grading', total: 512, unit: 'responses' },
    { kind: 'phase-progress', id: 1, done: 128 },
    {
      kind: 'log',
      level: 'warn',
      message: 'truncation: 31% of the responses are cut at the length limit and score 0. Raise maxResponseTokens.',
    },
    {
      kind: 'samples',
      iteration: 3,
      samples: [1, 2, 3].map((n) => ({
        problem: `What is ${n}+1?`,
        answer: '2',
        response: `I think so.\n${'a long thought '.repeat(30)}\nThe answer is 2.`,
        verdict: 'correct',
        reward: 1,
      })),
    },
  ];
  for (const message of messages) applyMessage(state, message, 0);
  return state;
}

function frameOf(state: RunState, [columns, rows]: readonly [number, number], panel: Panel): string[] {
  return runFrame(state, { columns, rows, time: 185_000, panel }).map(withoutColors);
}

describe.each(sizes)('the live view on %i columns and %i rows', (...size) => {
  const [columns, rows] = size;

  it.each(['none', 'samples', 'help'] as const)('with panel %s fits, and keeps what matters most', (panel) => {
    for (const stopping of [false, true]) {
      const lines = frameOf({ ...busyRun(), stopping }, size, panel);
      expect(lines.length).toBeLessThan(rows);
      for (const line of lines) expect(displayWidth(line), line).toBeLessThan(columns);
      const text = lines.join('\n');
      expect(text).toContain('3/120');
      expect(text).toContain('1:58:57 left');
      expect(lines.at(-1)).toMatch(stopping ? /Ctrl-C.*stop/ : / q (?:stop|finish)/);
      expect(lines.at(-1)).not.toContain('…');
      expect(text).toMatch(/sampl\S*.*(?:25%|128\/512)/);
    }
  });

  it('shows the help without cutting a sentence', () => {
    const help = frameOf(busyRun(), size, 'help').join(' ').replace(/\s+/g, ' ');
    const inSentences =
      help.includes('q finishes the step, saves everything, and stops; so does Ctrl-C. The run can be resumed') &&
      help.includes('Ctrl-C a second time: stops at once; the last checkpoint is kept') &&
      help.includes('all numbers are in metrics.jsonl of the run folder.');
    const inWords = help.includes('q save, stop') && help.includes('Ctrl-C twice: now');
    expect(inSentences || inWords).toBe(true);
    if (columns >= 60 && rows >= 24) expect(inSentences).toBe(true);
  });

  it('shows each curve with its whole value, if it shows it', () => {
    const lines = frameOf({ ...busyRun(), warnings: new Map() }, size, 'none');
    const shown = lines.filter((line) => /^ (?:reward|length|entropy|expl\. var\.|held-out) /.test(line));
    if (rows >= 24) expect(shown.length).toBeGreaterThanOrEqual(columns > 70 ? 3 : 4);
    for (const line of shown) expect(line).toMatch(/ (?:0\.030|903\.0|0\.500|-0\.250) *$/);
  });

  it('breaks warnings between words', () => {
    const text = frameOf(busyRun(), size, 'none').join(' ').replace(/\s+/g, ' ');
    const warning = '31% of the responses are cut at the length limit and score 0.';
    if (rows >= 24) expect(text).toContain(warning);
    // A word that is longer than a line is broken, and still there.
    if (rows >= 24)
      expect(text.replaceAll(' ', '')).toContain(`${warning}Raise maxResponseTokens.`.replaceAll(' ', ''));
    // One for which there is no room says that it goes on.
    if (text.includes('31% of')) expect(/no-signal \(for 4|…/.test(text)).toBe(true);
  });
});

describe('the header', () => {
  it('names run, device and folder as far as there is room, and always how long it still takes', () => {
    const headerAt = (columns: number) =>
      frameOf(busyRun(), [columns, 50], 'none').find((line) => /\d\/120/.test(line));
    expect(headerAt(200)).toMatch(
      /^ orz-tiny-weak-base {2}iteration 3\/120 {2}3:05, about 1:58:57 left {2}onnx on cpu {2}\//,
    );
    expect(headerAt(120)).toMatch(/left {2}onnx on cpu$/);
    expect(headerAt(80)).toMatch(/^ orz-tiny-weak-base.*left {2}onnx on cpu$/);
    expect(headerAt(70)).toMatch(/^ orz-tiny-weak-base.*left$/);
    expect(headerAt(50)).toBe(' iteration 3/120  3:05, about 1:58:57 left');
    expect(headerAt(40)).toBe(' iteration 3/120  1:58:57 left');
    expect(frameOf(busyRun(), [20, 50], 'none')).toEqual(expect.arrayContaining([' iteration 3/120', ' 1:58:57 left']));
  });
});

describe('a run that continues', () => {
  const history: FromRun = {
    kind: 'history',
    iteration: 40,
    seconds: 2440,
    metrics: [
      { iteration: 0, 'evaluation/held-out problems': { reward: 0.1 } },
      ...[10, 20, 30, 40].flatMap((number) => {
        const message = iteration(number);
        return message.kind === 'metrics' ? [message.metrics] : [];
      }),
    ],
  };

  it('goes on with the count, the time and the curves of before', () => {
    const state = openState('orz-tiny-2026-11-30-142000', 120, 0);
    applyMessage(state, history, 0);
    const before = frameOf(state, [120, 50], 'none').join('\n');
    // 2440 s of earlier work and the 185 s of this process; 80 iterations of 61 s to come.
    expect(before).toMatch(/orz-tiny-2026-11-30-142000 {2}iteration 40\/120 {2}43:45, about 1:21:20 left/);
    expect(before).toMatch(/reward +▁▃▆█ +0\.400/);
    expect(before).toMatch(/held-out … +▁████ +0\.500/);
    applyMessage(state, iteration(41), 0);
    const after = frameOf(state, [120, 50], 'none').join('\n');
    expect(after).toContain('iteration 41/120');
    expect(after).toMatch(/reward +▁▃▆██ +0\.410/);
  });

  it('says that it is resuming, and no wrong count, until it is known what was done', () => {
    const state = openState('a', 120, 0);
    expect(frameOf(state, [80, 24], 'none')).toContain(' a  starting  3:05');
    applyMessage(state, { kind: 'started', runDir: '/runs/a', continues: true }, 0);
    expect(frameOf(state, [80, 24], 'none')).toContain(' a  resuming  3:05  /runs/a');
    applyMessage(state, history, 0);
    expect(frameOf(state, [80, 24], 'none').join('\n')).toContain('iteration 40/120');
  });

  it('knows how far it is without any metrics', () => {
    const state = openState('a', 120, 0);
    applyMessage(state, { kind: 'history', iteration: 40, seconds: 60, metrics: [] }, 0);
    expect(frameOf(state, [80, 24], 'none')).toContain(' a  iteration 40/120  4:05');
  });
});
