import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openRunArchive } from '../../../cli/browser/worker/archive.js';
import { readTar as readTarOfProgram } from '../../../cli/browser/worker/read-tar.js';
import { writeTar } from '../../../cli/browser/worker/tar.js';
import { readTar } from './read-tar.js';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) % 251);
const files = [
  { path: 'a/empty.txt', content: bytes(0) },
  { path: 'a/b/one-block.bin', content: bytes(512) },
  { path: 'ünicode.bin', content: bytes(1300) },
];

it('an archive gives back every file', () => {
  const archive = writeTar(files, 1_700_000_000_000);
  expect(archive.length % 512).toBe(0);
  expect([...readTar(archive)]).toEqual(files.map(({ path, content }) => [path, content]));
  expect(readTarOfProgram(archive)).toEqual(files);
});

it('the tar of this system unpacks it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orz-tar-'));
  try {
    const { status, stderr } = spawnSync('tar', ['-x', '-f', '-', '-C', folder], {
      input: writeTar(files, 1_700_000_000_000),
    });
    expect(status, String(stderr)).toBe(0);
    expect(new Uint8Array(readFileSync(join(folder, 'a', 'b', 'one-block.bin')))).toEqual(bytes(512));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a path too long for the format is refused', () => {
  expect(() => writeTar([{ path: 'x'.repeat(101), content: bytes(1) }], 0)).toThrow(RangeError);
});

describe('an archive that the tar of this system makes of a run folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orz-tar-'));
  mkdirSync(join(folder, 'run', 'policy'), { recursive: true });
  writeFileSync(join(folder, 'run', 'config.json'), '{}');
  writeFileSync(join(folder, 'run', 'policy', 'config.json'), bytes(700));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const tar = (...args: string[]): Uint8Array => {
    const { status, stdout, stderr } = spawnSync('tar', ['-c', '-f', '-', '-C', folder, ...args]);
    expect(status, String(stderr)).toBe(0);
    return stdout;
  };

  it.each([['run'], ['./run'], ['-C', 'run', '.']])('holds the run wherever it lies in it: %s', async (...args) => {
    const storage = await openRunArchive(tar(...args));
    expect(await storage.list('')).toEqual(['config.json', 'policy/config.json']);
    expect(await storage.read('policy/config.json')).toEqual(bytes(700));
  });

  it('is refused if it is cut, changed, or holds a link', () => {
    const archive = tar('run');
    expect(() => readTarOfProgram(archive.subarray(0, 700))).toThrow(/damaged at byte/);
    const changed = Uint8Array.from(archive);
    changed[3] = 0x41;
    expect(() => readTarOfProgram(changed)).toThrow(/damaged at byte 0/);
    symlinkSync('config.json', join(folder, 'link'));
    expect(() => readTarOfProgram(tar('link'))).toThrow(/more than files and folders.*link/);
  });
});
