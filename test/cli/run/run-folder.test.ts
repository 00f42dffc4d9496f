import { execSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OrzError } from '../../../core/errors.js';
import { claimRunFolder, defaultRunFolder } from '../../../cli/run/run-folder.js';
import { temporaryFolder } from '../temporary-folder.js';

const deadProcess = () => spawnSync(process.execPath, ['--version']).pid;

describe('run folder', () => {
  it('is named after the preset and the local time', () => {
    expect(defaultRunFolder('orz-tiny', new Date(2025, 0, 2, 3, 4, 5), '/w')).toBe(
      join('/w', 'runs', 'orz-tiny-2025-01-02-030405'),
    );
  });

  it('is refused where the file system makes no folders', async () => {
    await expect(claimRunFolder('/proc/none/run')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });

  it('is made, locked while held, and free afterwards', async () => {
    const path = join(temporaryFolder(), 'deep', 'run');
    const folder = await claimRunFolder(path);
    expect(JSON.parse(readFileSync(join(path, '.lock'), 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    await expect(claimRunFolder(path)).rejects.toMatchObject({
      code: 'ORZ_RUN_LOCKED',
      details: { remedy: expect.stringContaining('--run-dir') },
    });
    writeFileSync(join(path, 'metrics.jsonl'), '');
    await folder.release();
    expect(readdirSync(path)).toEqual(['metrics.jsonl']);
  });

  it('vanishes when nothing was written', async () => {
    const path = join(temporaryFolder(), 'run');
    await (await claimRunFolder(path)).release();
    expect(existsSync(path)).toBe(false);
    const begun = await claimRunFolder(path);
    writeFileSync(join(path, '.files'), '');
    await begun.release();
    expect(existsSync(path)).toBe(false);
  });

  it('that holds a run says so, and is kept', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.files'), '{"path":"config.json","kind":"write"}\n');
    const folder = await claimRunFolder(path, { holdsRun: true });
    expect(folder.holdsRun).toBe(true);
    await folder.release();
    expect(readdirSync(path)).toEqual(['.files']);
    expect((await claimRunFolder(join(path, 'new'))).holdsRun).toBe(false);
  });

  it('that shall hold a run and does not is refused, and not made', async () => {
    const path = join(temporaryFolder(), 'none');
    await expect(claimRunFolder(path, { holdsRun: true })).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      details: { origin: '--resume' },
    });
    expect(existsSync(path)).toBe(false);
  });

  it('that holds something else is refused and left as it was', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, 'config.json'), '{}');
    await expect(claimRunFolder(path)).rejects.toMatchObject({
      code: 'ORZ_USAGE',
      details: { origin: '--run-dir', value: ['config.json'] },
    });
    expect(readdirSync(path)).toEqual(['config.json']);
  });

  it('with the lock of a process that is gone is taken over', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.lock'), JSON.stringify({ pid: deadProcess(), host: hostname() }));
    const folder = await claimRunFolder(path);
    expect(JSON.parse(readFileSync(join(path, '.lock'), 'utf8')).pid).toBe(process.pid);
    await folder.release();
  });

  it('with a lock that carries our own number from before a restart is taken over', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
    await (await claimRunFolder(path)).release();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'with the lock of a dead process whose number was reused is taken over; with that of a living one it is refused',
    async () => {
      const path = temporaryFolder();
      const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
      const begun = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      writeFileSync(join(path, '.lock'), JSON.stringify({ pid: process.ppid, host: hostname(), begun }));
      await expect(claimRunFolder(path)).rejects.toMatchObject({ code: 'ORZ_RUN_LOCKED' });
      writeFileSync(
        join(path, '.lock'),
        JSON.stringify({ pid: process.ppid, host: hostname(), begun: `${Number(begun) - 1}` }),
      );
      await (await claimRunFolder(path)).release();
    },
  );

  it.runIf(existsSync('/proc/self/stat'))('with the lock of a zombie is taken over', async () => {
    const path = temporaryFolder();
    // The shell starts a child, becomes a program that never waits for it, and so leaves it a zombie.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(String(line));
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /);
      writeFileSync(join(path, '.lock'), JSON.stringify({ pid, host: hostname() }));
      await (await claimRunFolder(path)).release();
    } finally {
      parent.kill();
    }
  });

  it('is taken over by one alone of several that find the lock of a dead process', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.lock'), JSON.stringify({ pid: deadProcess(), host: hostname() }));
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => claimRunFolder(path)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.release();
  });

  it('with a torn lock is taken over', async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.lock'), '');
    await (await claimRunFolder(path)).release();
  });

  it.each(['null', '5', '{}', '{"pid":0}', '{"pid":-1,"host":"x"}', '[]', '{"pid":1', '\u0000'])(
    'with a lock that no run wrote, %j, is taken over',
    async (content) => {
      const path = temporaryFolder();
      writeFileSync(join(path, '.lock'), content);
      await (await claimRunFolder(path)).release();
    },
  );

  it.each([
    ['a folder', (file: string) => mkdirSync(file)],
    ['a link', (file: string) => symlinkSync('/elsewhere', file)],
  ])('with %s for a lock is refused, which says what to do', async (_, make) => {
    const path = temporaryFolder();
    make(join(path, '.lock'));
    await expect(claimRunFolder(path)).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { origin: join(path, '.lock'), remedy: expect.stringContaining('Move it away') },
    });
  });

  it('that was copied while a process runs in the original is free', async () => {
    const [original, copy] = [temporaryFolder(), join(temporaryFolder(), 'copy')];
    const held = await claimRunFolder(original);
    writeFileSync(join(original, '.files'), '');
    cpSync(original, copy, { recursive: true });
    await (await claimRunFolder(copy)).release();
    await held.release();
  });

  it('locked on another machine is refused while that shows signs of life, and then taken over', async () => {
    const path = temporaryFolder();
    const file = join(path, '.lock');
    const lockedFor = (seconds: number) => {
      writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', nonce: 'x' }));
      const seen = Date.now() / 1000 - seconds;
      utimesSync(file, seen, seen);
    };
    for (const seconds of [0, 60, 19 * 60, -3600]) {
      lockedFor(seconds);
      await expect(claimRunFolder(path), `${seconds} s`).rejects.toMatchObject({ code: 'ORZ_RUN_LOCKED' });
    }
    lockedFor(21 * 60);
    await (await claimRunFolder(path)).release();
  });

  it.runIf(process.platform !== 'win32')('locked by another machine names a command that frees it', async () => {
    const path = join(temporaryFolder(), "a run's folder");
    mkdirSync(path);
    writeFileSync(join(path, '.lock'), JSON.stringify({ pid: 1, host: 'elsewhere', nonce: 'x' }));
    const error = await claimRunFolder(path).catch((caught: unknown) => caught as OrzError);
    execSync(/remove the lock now: (.*)$/.exec((error as OrzError).details.remedy ?? '')![1]!);
    await (await claimRunFolder(path)).release();
  });

  it.each([
    ['a living process', { pid: process.ppid, host: hostname() }],
    ['another machine', { pid: 1, host: 'elsewhere' }],
  ])('locked by %s is refused', async (_, holder) => {
    const path = temporaryFolder();
    writeFileSync(join(path, '.lock'), JSON.stringify(holder));
    await expect(claimRunFolder(path)).rejects.toMatchObject({
      code: 'ORZ_RUN_LOCKED',
      details: { value: `process ${holder.pid} on ${holder.host}` },
    });
  });

  it('that exists gets the next free name when the user named none', async () => {
    const path = join(temporaryFolder(), 'run');
    mkdirSync(path);
    mkdirSync(`${path}-2`);
    const folder = await claimRunFolder(path, { unique: true });
    expect(folder.path).toBe(`${path}-3`);
    await folder.release();
  });

  it('below a file is an error of the disk', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(claimRunFolder(join(file, 'run'))).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { remedy: expect.any(String) },
    });
  });
});
