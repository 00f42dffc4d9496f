import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';

const program = fileURLToPath(new URL('../../../cli/setup/orz-train.mjs', import.meta.url));

/** A shell line in `cwd`; `orz` is the program. */
function shell(line: string, cwd = temporaryFolder()) {
  const orz = `orz() { "${process.execPath}" "${program}" "$@"; }`;
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', `${orz}; ${line}`], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stderr };
}

it.skipIf(process.platform === 'win32')('a reader that has seen enough is no error, of either stream', () => {
  expect(shell('orz config | head -1 > /dev/null')).toEqual({ status: 0, stderr: '' });
  expect(shell('orz --no-such-flag 2>&1 | true')).toMatchObject({ stderr: '' });
});

it.skipIf(process.platform !== 'linux')('output that cannot be written is said, and is a failure', () => {
  const { status, stderr } = shell('orz config > /dev/full');
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^The output could not be written: .*ENOSPC/)]);
});

it.skipIf(process.platform === 'win32')('a current folder that is gone is said in a sentence', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'gone'));
  const { status, stderr } = shell('cd gone && rmdir ../gone && orz --dry-run', folder);
  expect(status).toBe(2);
  expect(stderr).toContain('ORZ_USAGE The current folder does not exist any more');
  expect(stderr).not.toContain('this is a bug');
});

it.skipIf(process.platform === 'win32')('no home, no colours, a dumb terminal and a width of 1 change nothing', () => {
  for (const env of ['-u HOME', 'HOME=/nonexistent', 'TERM=dumb', 'COLUMNS=1', 'LANG=tr_TR.UTF-8'])
    expect(shell(`env ${env} "${process.execPath}" "${program}" presets > /dev/null`)).toEqual({
      status: 0,
      stderr: '',
    });
});
