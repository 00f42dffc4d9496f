import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withProgress } from '../../../cli/setup/progress.mjs';
import { shown } from '../terminal/emulator.js';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** What is written while work takes this many seconds. */
async function writtenDuring(seconds: number, isTTY: boolean): Promise<string[]> {
  const written: string[] = [];
  const output = { isTTY, write: (text: string) => written.push(text) };
  const work = withProgress('Compiling', () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)), output);
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  await work;
  expect(vi.getTimerCount()).toBe(0);
  return written;
}

it('on a terminal a clock ticks every second on one line, which stays with the time it took', async () => {
  const written = await writtenDuring(65, true);
  expect(written.slice(0, 4).map((text) => text.replace('\r', '').replace('\u001b[K', ''))).toEqual([
    'Compiling …',
    'Compiling … 0:01',
    'Compiling … 0:02',
    'Compiling … 0:03',
  ]);
  expect(shown(written.map((text) => text.replace(/^\r/, '\u001b[0A\u001b[J')))).toEqual(['Compiling: 1:05']);
});

it('in a log a line comes every ten seconds, and none for what is done at once', async () => {
  expect(await writtenDuring(25, false)).toEqual([
    'Compiling …\n',
    'Compiling … 0:10\n',
    'Compiling … 0:20\n',
    'Compiling: 0:25\n',
  ]);
  expect(await writtenDuring(1, false)).toEqual(['Compiling …\n']);
});

it('a failure ends the progress too', async () => {
  const written: string[] = [];
  const output = { isTTY: true, write: (text: string) => written.push(text) };
  await expect(withProgress('Compiling', () => Promise.reject(new Error('no')), output)).rejects.toThrow('no');
  expect(written.at(-1)).toMatch(/0:00\S*\n$/);
  expect(vi.getTimerCount()).toBe(0);
});
