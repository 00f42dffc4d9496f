import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, oneOrTwoSeconds as small, readTree, runIn } from './run-in-folder.js';

const resume = { required: true, force: false };

const disk = emptyFolder();
const mounted =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]).status === 0;
const other = emptyFolder();

beforeAll(async () => {
  await runIn(other, 'unbroken', small);
});
afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  for (const folder of [disk, other]) rmSync(folder, { recursive: true, force: true });
});

const final = (folder: string) =>
  [...readTree(join(folder, 'checkpoints', 'final'))].filter(([file]) => file.endsWith('.safetensors'));

/** Every checkpoint that has its name has all its files. */
function expectWholeCheckpoints(folder: string): void {
  const names = readdirSync(join(folder, 'checkpoints')).filter((name) => /^(base|iteration-\d+)$/.test(name));
  expect(names.length).toBeGreaterThan(1);
  for (const name of names)
    expect(readdirSync(join(folder, 'checkpoints', name))).toEqual(
      expect.arrayContaining(['manifest.json', 'state.json', 'policy']),
    );
}

// Mounting a small disk needs Linux and root.
describe.runIf(mounted)('a disk', () => {
  it('that fills up ends the run with what to do; with space again it resumes and reaches the same end', async () => {
    const folder = join(disk, 'full');
    const fill = () => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'filler'), new Uint8Array(Math.max(0, (bavail - 1) * bsize)));
    };
    const failure = runIn(disk, 'full', small, {
      onMetrics: (metrics) => {
        if (metrics['iteration'] === 2) fill();
      },
    });
    await expect(failure).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { value: 'ENOSPC', remedy: expect.stringContaining('full') },
    });
    expect(readdirSync(join(folder, 'checkpoints')).filter((name) => name.startsWith('.'))).toEqual([]);
    expectWholeCheckpoints(folder);
    rmSync(join(disk, 'filler'));
    await runIn(disk, 'full', small, { resume });
    expect(final(folder)).toEqual(final(join(other, 'unbroken')));
  });

  it('that becomes read-only ends the run with ORZ_STORAGE, and it goes on when it can be written again', async () => {
    const folder = join(disk, 'read-only');
    const remount = (mode: string) => {
      expect(spawnSync('mount', ['-o', `remount,${mode}`, disk]).status).toBe(0);
    };
    const failure = runIn(disk, 'read-only', small, {
      onMetrics: (metrics) => {
        if (metrics['iteration'] === 2) remount('ro');
      },
    });
    try {
      await expect(failure).rejects.toMatchObject({ code: 'ORZ_STORAGE', details: { value: 'EROFS' } });
      expectWholeCheckpoints(folder);
    } finally {
      remount('rw');
    }
    rmSync(join(folder, '.lock'), { force: true });
    await runIn(disk, 'read-only', small, { resume });
    expect(final(folder)).toEqual(final(join(other, 'unbroken')));
  });
});

// Root may write everywhere.
it.runIf(process.platform !== 'win32' && process.getuid?.() !== 0)(
  'a folder that may not be written is refused before anything is computed',
  async () => {
    const folder = join(other, 'forbidden');
    mkdirSync(folder);
    chmodSync(folder, 0o555);
    await expect(runIn(folder, 'run', small)).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { value: 'EACCES' },
    });
  },
);
