import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { temporaryFolder } from '../temporary-folder.js';

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}

describe('folder storage', () => {
  it('gives back what was written, from text, bytes or chunks', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('a.txt', 'one');
    await storage.write('deep/b.bin', Uint8Array.of(1, 2, 3));
    await storage.write('c.txt', chunks('x', 'yz'));
    expect(text(await storage.read('a.txt'))).toBe('one');
    expect([...(await storage.read('deep/b.bin'))!]).toEqual([1, 2, 3]);
    expect(text(await storage.read('c.txt'))).toBe('xyz');
  });

  it('a missing file reads as undefined', async () => {
    expect(await createFolderStorage(temporaryFolder()).read('none/here')).toBeUndefined();
  });

  it('a write that fails half-way leaves the old content and no other file', async () => {
    const folder = temporaryFolder();
    const storage = createFolderStorage(folder);
    await storage.write('a.txt', 'old');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* chunks('new');
      throw new Error('the source broke');
    }
    await expect(storage.write('a.txt', failing())).rejects.toThrow('the source broke');
    expect(readdirSync(folder)).toEqual(['a.txt']);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('old');
  });

  it('readers see old or new content while a long write is under way', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('a.txt', 'old');
    let seen: string | undefined;
    async function* observed(): AsyncGenerator<Uint8Array> {
      yield* chunks('ne');
      seen = text(await storage.read('a.txt'));
      yield* chunks('w');
    }
    await storage.write('a.txt', observed());
    expect([seen, text(await storage.read('a.txt'))]).toEqual(['old', 'new']);
  });

  it('appends, lists by prefix and removes', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.append('log/m.jsonl', '1\n');
    await storage.append('log/m.jsonl', '2\n');
    await storage.write('other.txt', '');
    expect(text(await storage.read('log/m.jsonl'))).toBe('1\n2\n');
    expect(await storage.list('')).toEqual(['log/m.jsonl', 'other.txt']);
    expect(await storage.list('log/')).toEqual(['log/m.jsonl']);
    await storage.remove('log');
    await storage.remove('log');
    expect(await storage.list('')).toEqual(['other.txt']);
  });

  it('a folder that does not exist lists as empty', async () => {
    expect(await createFolderStorage(join(temporaryFolder(), 'none')).list('')).toEqual([]);
  });

  it.each(['../a', 'a/../../b', '/etc/passwd', '', '.', 'deep/..'])('%j leaves the folder and is refused', async (path) => {
    const storage = createFolderStorage(temporaryFolder());
    await expect(async () => storage.write(path, 'x')).rejects.toMatchObject({ code: 'ORZ_STORAGE', details: { value: path, remedy: expect.any(String) } });
  });

  it('names that only look like leaving the folder are allowed', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('..a/b', 'x');
    expect(await storage.list('')).toEqual(['..a/b']);
  });

  it('an error of the disk names the file, the reason and what to do', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(createFolderStorage(folder).write('file/below', 'x')).rejects.toMatchObject({
      code: 'ORZ_STORAGE', details: { origin: join(folder, 'file', 'below'), remedy: expect.stringContaining('folder') },
    });
  });

  it.runIf(existsSync('/dev/full'))('a full disk is named as such', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    symlinkSync('/dev/full', join(folder, 'sub', 'log'));
    await expect(createFolderStorage(folder).append('sub/log', 'x')).rejects.toMatchObject({ code: 'ORZ_STORAGE', details: { value: 'ENOSPC', remedy: expect.stringContaining('full') } });
  });
});
