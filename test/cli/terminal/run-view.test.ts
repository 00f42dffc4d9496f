import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromRun } from '../../../cli/run/messages.js';
import { displayWidth } from '../../../cli/terminal/width.js';
import { createRunView } from '../../../cli/terminal/run-view.js';
import { recorder, shown } from './emulator.js';
import { withoutColors } from './without-colors.js';

const metrics = (iteration: number, more: object = {}): FromRun => ({
  kind: 'metrics',
  metrics: {
    iteration,
    reward: iteration / 10,
    responseLength: 20 + iteration,
    formatShare: 0.9,
    entropy: 0.5,
    explainedVariance: null,
    seconds: { total: 2 },
    warnings: {},
    ...more,
  },
});
const sample = (problem: string, response: string, verdict: string) => ({
  problem,
  answer: '7',
  response,
  verdict,
  reward: 0,
});

/** A keyboard that the test types on. */
function keyboard() {
  let listener: ((data: string) => void) | undefined;
  const raw: boolean[] = [];
  return {
    raw,
    type: (keys: string) => listener?.(keys),
    input: {
      isTTY: true,
      setRawMode: (on: boolean) => {
        raw.push(on);
      },
      on: (_: 'data', f: (data: string) => void) => {
        listener = f;
      },
      off: () => {
        listener = undefined;
      },
      resume: () => undefined,
      pause: () => undefined,
    },
  };
}

function open(columns = 100, rows = 30) {
  const { written, output } = recorder(columns, rows);
  const keys = keyboard();
  const clock = { time: 0 };
  const stops: number[] = [];
  const view = createRunView({
    name: 'orz-tiny',
    iterations: 10,
    output,
    input: keys.input,
    onStop: () => stops.push(1),
    now: () => clock.time,
  });
  const lines = () => {
    vi.advanceTimersByTime(150);
    return shown(written.map(withoutColors), output.columns);
  };
  return { view, written, output, keys, clock, stops, lines, text: () => lines().join('\n') };
}

describe('the live view of a run', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('shows preset, iteration, device, folder, clock and the time that is left', () => {
    const { view, clock, text } = open(140);
    view.onMessage({ kind: 'started', runDir: '/runs/a' });
    view.onMessage({ kind: 'device', device: 'onnx on cpu' });
    for (const iteration of [1, 2, 3, 4]) view.onMessage(metrics(iteration));
    clock.time = 65_000;
    expect(text()).toMatch(/orz-tiny {2}iteration 4\/10 {2}1:05, about 0:12 left {2}onnx on cpu {2}\/runs\/a/);
    view.close();
  });

  it('draws curves of reward, length and held-out reward, with the latest value', () => {
    const { view, text } = open();
    for (let i = 1; i <= 8; i++)
      view.onMessage(metrics(i, i % 4 === 0 ? { 'evaluation/held-out': { reward: i / 8 } } : {}));
    expect(text()).toMatch(/reward +▁▂▃▄▅▆▇█ +0\.800/);
    expect(text()).toMatch(/length +▁▂▃▄▅▆▇█ +28\.0/);
    expect(text()).toMatch(/held-out +▁█ +1\.000/);
    expect(text()).not.toContain('expl. var.');
    view.close();
  });

  it('shows running phases with progress, and forgets them when they end', () => {
    const { view, text } = open();
    view.onMessage({ kind: 'phase-start', id: 1, name: 'iterations', total: 10, unit: 'iterations' });
    view.onMessage({ kind: 'phase-start', id: 2, name: 'sampling and grading', total: 512, unit: 'responses' });
    view.onMessage({ kind: 'phase-progress', id: 2, done: 128 });
    expect(text()).toMatch(/sampling and grading +━+ +128\/512 responses/);
    expect(text()).not.toMatch(/\/10 iterations/);
    view.onMessage({ kind: 'phase-end', id: 2 });
    expect(text()).not.toContain('sampling and grading');
    view.close();
  });

  it('keeps a line per iteration above the block, and a warning in it for as long as it holds', () => {
    const { view, lines, text } = open();
    view.onMessage(metrics(1, { warnings: { truncation: 2 } }));
    view.onMessage({
      kind: 'log',
      level: 'warn',
      message: 'truncation: 31% of the responses are cut. Raise maxResponseTokens.',
    });
    expect(text()).toContain('! truncation: 31% of the responses are cut. Raise maxResponseTokens. (for 2 iterations)');
    view.onMessage(metrics(2));
    expect(text()).not.toContain('! truncation');
    expect(
      lines()
        .slice(0, 3)
        .map((line) => line.trim().slice(0, 12)),
    ).toEqual(['1/10  reward', 'truncation: ', '2/10  reward']);
    view.close();
  });

  it('opens samples with s and help with ?, one at a time, and closes them again', () => {
    const { view, keys, text } = open();
    keys.type('s');
    expect(text()).toContain('No responses yet');
    view.onMessage({
      kind: 'samples',
      iteration: 3,
      samples: [
        sample('3+4', 'Maybe 7.\n\u001b[2Jevil', 'correct'),
        sample('数学 5+5', `${'x'.repeat(900)}\nend`, 'wrong'),
      ],
    });
    expect(text()).toMatch(/Responses of iteration 3\n +3\+4 \(answer 7\): correct\n +Maybe 7\.\n +\\x1b\[2Jevil\n/);
    expect(text()).toMatch(/evil\n +数学 5\+5 \(answer 7\): wrong\n +…/);
    expect(text()).toContain('end');
    keys.type('?');
    expect(text()).toContain('a second time: stops at once');
    expect(text()).not.toContain('Responses of iteration');
    keys.type('?');
    expect(text()).not.toContain('a second time');
    view.close();
  });

  it('q and Ctrl-C ask for the end, and the view says so', () => {
    const { view, keys, stops, text } = open();
    keys.type('q');
    keys.type('\u0003');
    expect(stops).toHaveLength(2);
    view.stopping();
    expect(text()).toContain('press Ctrl-C again');
    view.close();
  });

  it('writes nothing while nothing changes, and each change at once', () => {
    const { view, written } = open();
    vi.advanceTimersByTime(150);
    const before = written.length;
    vi.advanceTimersByTime(5000);
    expect(written.length).toBe(before);
    view.onMessage(metrics(1));
    vi.advanceTimersByTime(150);
    expect(
      written.slice(before).every((text) => text.startsWith('\u001b[?2026h') && text.endsWith('\u001b[?2026l')),
    ).toBe(true);
    view.close();
  });

  it.each([
    [20, 10],
    [39, 6],
    [70, 24],
    [200, 60],
  ])('fits a terminal of %i columns and %i rows', (columns, rows) => {
    const { view, written, keys } = open(columns, rows);
    view.onMessage({
      kind: 'phase-start',
      id: 1,
      name: 'a phase with a rather long name',
      total: 1e6,
      unit: 'responses',
    });
    for (let i = 1; i <= 5; i++) view.onMessage(metrics(i, { 'evaluation/セット': { reward: 0.5 } }));
    view.onMessage({ kind: 'samples', iteration: 3, samples: [sample('問題'.repeat(80), 'あ'.repeat(500), 'wrong')] });
    written.length = 0;
    keys.type('s');
    const block = withoutColors(written.at(-1)!)
      .split('\n')
      // eslint-disable-next-line no-control-regex -- our own sequences
      .map((line) => line.replace(/^.*\u001b\[J/, '').replace(/\u001b\[\?\d+[hl]/g, ''));
    expect(block.length).toBeLessThanOrEqual(rows);
    for (const line of block) expect(displayWidth(line)).toBeLessThan(columns);
    view.close();
  });

  it('redraws after the terminal has become narrower, without leaving half of the old block', () => {
    const terminal = open(100);
    terminal.view.onMessage(metrics(1));
    terminal.lines();
    terminal.written.length = 0;
    Object.assign(terminal.output, { columns: 40 });
    vi.advanceTimersByTime(150);
    const [first] = terminal.written;
    // Six lines of up to 99 characters take more rows of 40 columns.
    expect(Number(/\u001b\[(\d+)A/.exec(first!)![1])).toBeGreaterThan(6); // eslint-disable-line no-control-regex -- our own sequence
    terminal.view.close();
  });

  it('gives the terminal back when it is closed, and when the process ends in any other way', () => {
    for (const end of [
      (view: { close(): void }) => {
        view.close();
      },
      () => {
        process.emit('exit', 1);
      },
    ]) {
      const { view, written, keys } = open();
      vi.advanceTimersByTime(150);
      end(view);
      expect(written.at(-1)).toMatch(/\u001b\[\?25h$/); // eslint-disable-line no-control-regex -- our own sequence
      expect(keys.raw).toEqual([true, false]);
      view.close();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a run in a pipe or in continuous integration', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('is shown as plain lines, without drawing or keys', () => {
    for (const [isTTY, ci] of [
      [false, undefined],
      [true, 'true'],
    ] as const) {
      vi.stubEnv('CI', ci);
      const { written, output } = recorder();
      const keys = keyboard();
      const view = createRunView({
        name: 'p',
        iterations: 2,
        output: { ...output, isTTY },
        input: keys.input,
        onStop: () => undefined,
      });
      view.onMessage({ kind: 'started', runDir: '/r' });
      view.onMessage(metrics(1));
      view.stopping();
      view.close();
      const lines = withoutColors(written.join('')).replace(/^(?:\d\d:){2}\d\d/gm, 'TIME');
      expect(lines).toMatch(/^TIME Run folder: \/r\nTIME +1\/2 {2}reward 0\.100.*\nTIME \S*Finishing the step.*\n$/);
      expect(keys.raw).toEqual([]);
    }
  });
});
