import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { emptyFolder, oneOrTwoSeconds, runIn } from './run-in-folder.js';

const folder = emptyFolder();
const program = fileURLToPath(new URL('../../cli/setup/orz-train.mjs', import.meta.url));
const flags = ['evaluate', '--run-dir', 'run', '--limit', '60', '--samples', '4', '--set', 'engine.maxSlots=4'];

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await runIn(folder, 'run', { ...oneOrTwoSeconds, iterations: 1 });
  vi.restoreAllMocks();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Evaluates into a folder; with a signal, which is sent once a question is finished. Returns how it ended. */
function evaluateInto(out: string, signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const child = spawn(process.execPath, [program, ...flags, '--out', out], { cwd: folder, stdio: 'ignore' });
  const partial = join(folder, out, 'responses', 'held-out.partial.jsonl');
  const watch = setInterval(() => {
    if (signal === undefined || !existsSync(partial) || statSync(partial).size === 0) return;
    clearInterval(watch);
    child.kill(signal);
  }, 5);
  return new Promise((resolve) => {
    child.on('close', (code, by) => {
      clearInterval(watch);
      resolve(code ?? by);
    });
  });
}

const filesOf = (out: string): string[] =>
  ['results.json', 'settings.json', 'responses/held-out.jsonl'].map((name) =>
    readFileSync(join(folder, out, name), 'utf8'),
  );

it.each([
  ['SIGKILL', 'SIGKILL'],
  ['SIGINT', 130],
] as const)('an evaluation that %s stops goes on to the same bytes', async (signal, end) => {
  if (!existsSync(join(folder, 'whole'))) expect(await evaluateInto('whole')).toBe(0);
  // One that was done before the signal came shows nothing: it is made again.
  let ended: unknown = 0;
  for (let attempt = 0; ended === 0 && attempt < 5; attempt++) {
    rmSync(join(folder, signal), { recursive: true, force: true });
    ended = await evaluateInto(signal, signal);
  }
  expect(ended).toBe(end);
  expect(existsSync(join(folder, signal, 'results.json'))).toBe(false);
  expect(await evaluateInto(signal)).toBe(0);
  expect(filesOf(signal)).toEqual(filesOf('whole'));
});
