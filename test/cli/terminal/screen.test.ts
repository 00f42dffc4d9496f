import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLiveScreen } from '../../../cli/terminal/live-screen.js';
import { createPlainScreen } from '../../../cli/terminal/plain-screen.js';
import { createScreen } from '../../../cli/terminal/screen.js';
import { recorder, shown } from './emulator.js';

describe('live screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws a bar for each running phase, below the lines that stay', () => {
    const { written, output } = recorder();
    const screen = createLiveScreen(output);
    const phase = screen.phase('sampling', 200, 'responses');
    phase.progress(50);
    screen.phase('grading', 10, 'responses');
    vi.advanceTimersByTime(150);
    screen.line('something happened');
    const lines = shown(written);
    expect(lines[0]).toBe('something happened');
    expect(lines[1]).toMatch(/^sampling +━+ {2}50\/200 responses {2}0:00$/);
    expect(lines[2]).toMatch(/^grading +━+ {2}0\/10 responses/);
    screen.close();
  });

  it('removes a bar when its phase ends, and everything when closed', () => {
    const { written, output } = recorder();
    const screen = createLiveScreen(output);
    const phase = screen.phase('work', 2, 'steps');
    vi.advanceTimersByTime(150);
    expect(shown(written)).toHaveLength(1);
    phase.end();
    vi.advanceTimersByTime(150);
    expect(shown(written)).toEqual([]);
    screen.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(written.join('')).toContain('\u001b[?25h');
  });

  it('says how long is left once that can be told', () => {
    const { written, output } = recorder();
    const clock = { time: 0 };
    const screen = createLiveScreen(output, () => clock.time);
    screen.phase('work', 100, 'steps').progress(25);
    clock.time = 10_000;
    vi.advanceTimersByTime(150);
    expect(shown(written)[0]).toContain('0:10, 0:30 left');
    screen.close();
  });

  it('a narrow terminal gets no bar and no line too long', () => {
    const { written, output } = recorder(30);
    const screen = createLiveScreen(output);
    screen.phase('a phase with a very long name', 1e6, 'responses');
    vi.advanceTimersByTime(150);
    expect(shown(written)[0]!.length).toBeLessThan(30);
    screen.close();
  });
});

describe('plain screen', () => {
  it('writes timed lines at most every ten seconds, one after a long phase, and the date of a new day', () => {
    const { written, output } = recorder();
    const clock = { time: 0 };
    const start = new Date(2026, 0, 31, 23, 59, 45).getTime();
    const screen = createPlainScreen(
      output,
      () => clock.time,
      () => new Date(start + clock.time),
    );
    const phase = screen.phase('work', 1000, 'steps');
    for (let done = 1; done <= 25; done++) {
      clock.time += 1000;
      phase.progress(done);
    }
    phase.end();
    expect(written).toEqual([
      '23:59:55 work: 10 of 1,000 steps, 0:10\n',
      expect.stringMatching(/^00:00:05 2026-02-01T00:00:05[+-]\d\d:\d\d\n00:00:05 work: 20 of 1,000 steps, 0:20\n$/),
      '00:00:10 work: 25 steps in 0:25\n',
    ]);
  });

  it('is silent about a phase that is over at once', () => {
    const { written, output } = recorder();
    const phase = createPlainScreen(output).phase('work', 1, 'steps');
    phase.progress(1);
    phase.end();
    expect(written).toEqual([]);
  });

  it('is what a pipe gets', () => {
    const { written, output } = recorder();
    const screen = createScreen({ write: output.write });
    screen.phase('work', 1, 'steps');
    screen.line('x');
    screen.line('y\n\nz');
    screen.close();
    expect(written.join('')).toMatch(/^(\d\d:\d\d:\d\d) x\n(\d\d:\d\d:\d\d) y\n\2\n\2 z\n$/);
  });
});
