import { describe, expect, it } from 'vitest';
import type { StudyRun } from '../../../cli/study/plan-runs.js';
import { createStudyView } from '../../../cli/study/view.js';
import type { Screen } from '../../../cli/terminal/contracts.js';

/** A screen that keeps what it is told. */
function recordingScreen() {
  const lines: string[] = [];
  const progress = new Map<string, string>();
  const ended: string[] = [];
  const screen: Screen = {
    line: (text) => {
      lines.push(text);
    },
    phase: (name, total) => ({
      progress: (done, note) => {
        progress.set(name, `${done}/${total} ${note ?? ''}`.trim());
      },
      end: () => {
        ended.push(name);
      },
    }),
    close: () => undefined,
  };
  return { screen, lines, progress, ended };
}

const runOf = (label: string): StudyRun => ({ label, iterations: 4 }) as StudyRun;

describe('createStudyView', () => {
  it('shows each run that is trained, and all of them together with the time left', () => {
    const { screen, lines, progress, ended } = recordingScreen();
    let time = 0;
    const view = createStudyView(screen, { runs: 3, finished: 1, todo: 6 }, () => time);
    const [fresh, resumed] = [runOf('λ = 1, seed 1'), runOf('λ = 1, seed 2\u001b[2J')];
    view.onStart(fresh);
    view.onStart(resumed);
    view.onMessage(resumed, { kind: 'history', iteration: 2, seconds: 9, metrics: [] });
    view.onMessage(resumed, { kind: 'metrics', metrics: { iteration: 3, reward: 0.25 } });
    view.onMessage(fresh, { kind: 'metrics', metrics: { iteration: 1, reward: 0.5 } });
    expect([...progress]).toEqual([
      ['λ = 1, seed 2\\x1b[2J', '3/4 reward 0.250'],
      // What earlier processes did was no part of what is left.
      ['study', '2/6 1 of 3 runs finished'],
      ['λ = 1, seed 1', '1/4 reward 0.500'],
    ]);
    time = 20_000;
    view.onFinished(fresh);
    expect(lines).toEqual(['λ = 1, seed 1: finished (2 of 3, about 0:40 left)']);
    view.close();
    expect(ended).toEqual(['λ = 1, seed 1', 'λ = 1, seed 2\\x1b[2J', 'study']);
  });

  it('tells warnings of a run without the advice behind them, and nothing else of its log', () => {
    const { screen, lines } = recordingScreen();
    const view = createStudyView(screen, { runs: 1, finished: 0, todo: 4 });
    const run = runOf('main, seed 1');
    view.onMessage(run, { kind: 'log', level: 'info', message: 'before training: reward 0.1' });
    view.onMessage(run, { kind: 'log', level: 'warn', message: 'slow: It is slow. Lower x, or take y.' });
    view.onWaiting(run);
    expect(lines).toEqual([
      'main, seed 1: slow: It is slow.',
      'main, seed 1: is being trained by another process, and is waited for',
    ]);
  });
});
