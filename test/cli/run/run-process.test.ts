import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromRun } from '../../../cli/run/messages.js';
import { startRunProcess, type RunProcessOptions } from '../../../cli/run/run-process.js';
import { packageRoot } from '../../../cli/setup/project.mjs';
import { until } from '../../support/until.js';
import { temporaryFolder } from '../temporary-folder.js';

const module = new URL('../fixtures/fake-run.mjs', import.meta.url);

function start(behaviour: string, timeouts: RunProcessOptions['timeouts'] = {}) {
  const messages: FromRun[] = [];
  const output: string[] = [];
  const run = startRunProcess({
    module,
    request: { layers: [], plugins: [], runDir: behaviour, uniqueRunDir: false },
    onMessage: (message) => {
      messages.push(message);
    },
    onOutput: (line) => {
      output.push(line);
    },
    timeouts,
  });
  return { ...run, messages, output };
}

// The watchdog counts seconds with an interval; tests let them pass when the run process is where they want it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const isWritten = (file: string): boolean => existsSync(file) && readFileSync(file, 'utf8') !== '';

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a run process', () => {
  it('hands on messages and printed lines, then the summary', async () => {
    const run = start('succeed');
    expect(await run.result).toMatchObject({ location: 'succeed' });
    expect(run.messages.map(({ kind }) => kind)).toEqual(['phase-start', 'metrics']);
    await until(() => run.output.includes('printed by a plugin'));
  });

  it('that fails rejects with its error: code, details that JSON cannot carry, cause', async () => {
    const error: unknown = await start('fail').result.catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      name: 'OrzError',
      code: 'ORZ_NOT_FINITE',
      message: 'no good',
      details: { value: NaN, remedy: 'do better' },
    });
    expect((error as Error).cause).toMatchObject({ name: 'TypeError', message: 'below' });
  });

  it('with a bug keeps the name and the stack from the run process', async () => {
    await expect(start('bug').result).rejects.toMatchObject({
      name: 'TypeError',
      stack: expect.stringContaining('at somewhere'),
    });
  });

  it('that dies is ORZ_RUN_DIED with exit code and last lines', async () => {
    await expect(start('crash').result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      message: expect.stringContaining('exit code 7'),
      details: { value: 'first line\nlast words' },
    });
  });

  it.each([
    ['record of metrics', 'exit code 0 during record of metrics'],
    ['', 'exit code 0'],
  ])('that exits in the call "%s" names the call, and none that it had left', async (call, how) => {
    await expect(start(`exit in ${call}`).result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      message: `The run process stopped unexpectedly: ${how}`,
    });
  });

  it('that is killed is ORZ_RUN_DIED with the signal and a hint at memory', async () => {
    await expect(start('killed').result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      message: expect.stringContaining('SIGKILL'),
      details: { remedy: expect.stringContaining('memory') },
    });
  });

  it.each([
    ['out of JavaScript heap', 'heap', 'max-old-space-size'],
    ['out of memory in a library', 'bad_alloc', 'lower rolloutBatchSize'],
    ['in a crash of a library', 'segmentation', 'native library'],
  ])('that exits %s is ORZ_RUN_DIED with that cause', async (_, behaviour, remedy) => {
    await expect(start(behaviour).result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      details: { remedy: expect.stringContaining(remedy) },
    });
  });

  it('that dies after it saved something says how to go on', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'checkpoints'));
    await expect(start(`die in ${folder}`).result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      details: { remedy: expect.stringContaining(`orz-train --resume ${folder}`) },
    });
  });

  it.each([
    ['to load the plugins and lock the run folder', 'never started', { started: 1 }, 0],
    ['a message during: tying knots', 'hang', { silence: 1 }, 2],
  ])(
    'that does not answer is killed, and the error says that this process waited for %s',
    async (waitedFor, behaviour, timeouts, messages) => {
      const file = join(temporaryFolder(), 'pid');
      const run = start(`${behaviour} ${file}`, timeouts);
      await until(() => isWritten(file) && run.messages.length === messages);
      vi.advanceTimersByTime(1000);
      await expect(run.result).rejects.toMatchObject({
        code: 'ORZ_RUN_DIED',
        message: expect.stringContaining(waitedFor),
      });
      expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false);
    },
  );

  it('that never listens is killed, and the error says that this process waited for to start', async () => {
    const file = join(temporaryFolder(), 'pid');
    vi.stubEnv('ORZ_TEST_PID_FILE', file);
    const run = startRunProcess({
      module: new URL('../fixtures/deaf-run.mjs', import.meta.url),
      request: { layers: [], plugins: [], runDir: '', uniqueRunDir: false },
      onMessage: () => undefined,
      onOutput: () => undefined,
      timeouts: { ready: 2 },
    });
    vi.unstubAllEnvs();
    await until(() => isWritten(file));
    vi.advanceTimersByTime(2000);
    await expect(run.result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      message: expect.stringContaining('waited for it to start (2 s)'),
    });
    expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false);
  });

  it('that cannot be loaded is ORZ_RUN_DIED', async () => {
    const run = startRunProcess({
      module: new URL('../fixtures/none.mjs', import.meta.url),
      request: { layers: [], plugins: [], runDir: '', uniqueRunDir: false },
      onMessage: () => undefined,
      onOutput: () => undefined,
    });
    await expect(run.result).rejects.toMatchObject({
      code: 'ORZ_RUN_DIED',
      details: { value: expect.stringContaining('none.mjs') },
    });
  });

  it('that is asked to stop exits in its own time', async () => {
    const file = join(temporaryFolder(), 'pid');
    const run = start(`wait ${file}`);
    await until(() => isWritten(file));
    run.stop('SIGINT');
    await expect(run.result).rejects.toMatchObject({ code: 'ORZ_INTERRUPTED' });
  });

  it('that is killed by its terminal is gone', async () => {
    const file = join(temporaryFolder(), 'pid');
    const run = start(`wait ${file}`);
    await until(() => isWritten(file));
    run.kill();
    await expect(run.result).rejects.toMatchObject({ code: 'ORZ_RUN_DIED' });
    expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false);
  });

  it.each([
    ['', 'fake-run.mjs'],
    [' while it reports to it', 'busy-run.mjs'],
  ])('exits when its terminal process dies%s', async (_, fixture) => {
    const file = join(temporaryFolder(), 'pid');
    const run = new URL(`../fixtures/${fixture}`, import.meta.url).href;
    const processModule = pathToFileURL(join(packageRoot, 'dist', 'cli', 'run', 'run-process.js')).href;
    const terminal = spawn(
      process.execPath,
      [fileURLToPath(new URL('../fixtures/terminal.mjs', import.meta.url)), run, processModule, file],
      { stdio: 'inherit' },
    );
    await until(() => isWritten(file));
    const pid = Number(readFileSync(file, 'utf8'));
    expect(alive(pid)).toBe(true);
    terminal.kill('SIGKILL');
    await until(() => !alive(pid));
  });
});
