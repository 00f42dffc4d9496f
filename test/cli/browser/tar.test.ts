import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
