import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startResponseTimer } from '../../../cli/run/response-timer.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const missed: string[] = [];
  const timer = startResponseTimer({
    timeouts: { ready: 10, started: 10, silence: 10 },
    onTimeout: (waitedFor) => missed.push(waitedFor),
    onReminder: () => undefined,
  });
  timer.onMessage({ kind: 'started', runDir: 'run' });
  timer.onMessage({ kind: 'phase-start', id: 0, name: 'tying knots', total: 1, unit: 'knots' });
  /** Sends what `message` gives after each of some seconds. */
  const pass = (seconds: number, progress: (second: number) => number) => {
    for (let second = 1; second <= seconds; second++) {
      vi.advanceTimersByTime(1000);
      timer.onMessage({ kind: 'alive', progress: progress(second) });
    }
  };
  return { timer, missed, pass };
}

it('a run process that gets on is never given up', () => {
  const { missed, pass } = watched();
  pass(60, (second) => second);
  expect(missed).toEqual([]);
});

it('one that is alive and gets nothing done is given up, with the phase', () => {
  const { missed, pass } = watched();
  pass(60, () => 7);
  expect(missed).toEqual(['a message during: tying knots (10 s)']);
});

it('the call of a plugin that keeps it busy is named, unless it got on since', () => {
  const { missed, pass, timer } = watched();
  timer.onBusy('render of template old');
  pass(1, () => 1);
  timer.onBusy("record of metrics 'x' of plugin 'y'");
  vi.advanceTimersByTime(10_000);
  expect(missed).toEqual(["a message during: tying knots, in record of metrics 'x' of plugin 'y' (10 s)"]);
});
