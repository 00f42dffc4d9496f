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

  it('appends bytes as well as text, and tells the size', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.append('log.bin', Uint8Array.of(0xff, 0));
    await storage.append('log.bin', 'é');
    await storage.flush('log.bin');
    expect([...(await storage.read('log.bin'))!]).toEqual([0xff, 0, 0xc3, 0xa9]);
    expect([await storage.size('log.bin'), await storage.size('none')]).toEqual([4, undefined]);
  });

  it('reads parts of a file, as far as it goes', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('a', 'abcdef');
    expect([
      text(await storage.read('a', 2, 4)),
      text(await storage.read('a', 4)),
      text(await storage.read('a', 5, 99)),
      text(await storage.read('a', 9)),
      await storage.read('b', 0, 1),
    ]).toEqual(['cd', 'ef', 'f', '', undefined]);
  });

  it('the digest of a write is that of the content and of the file, until the file changes', async () => {
    const folder = temporaryFolder();
    const storage = createFolderStorage(folder);
    // FIPS 180-4, example B.1.
    const abc = { bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' };
    expect([
      await storage.write('a', 'abc'),
      await storage.write('b', chunks('a', 'bc')),
      await storage.digest('a'),
      await storage.digest('none'),
    ]).toEqual([abc, abc, abc, undefined]);
    writeFileSync(join(folder, 'a'), 'abd');
    expect(await storage.digest('a')).not.toEqual(abc);
  });

  it('cuts a file back; one that is shorter already is an error', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.append('log', 'one\ntwo\n');
    await storage.truncate('log', 4);
    expect(text(await storage.read('log'))).toBe('one\n');
    await expect(storage.truncate('log', 5)).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { value: 4, allowed: 'at least 5' },
    });
    await expect(storage.truncate('none', 0)).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { value: 'ENOENT' },
    });
  });

  it('renames a folder with all it holds', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('new/a/b', 'x');
    await storage.rename('new/a', 'c');
    expect(await storage.list('')).toEqual(['c/b']);
    await expect(storage.rename('none', 'd')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });

  it('a folder that does not exist lists as empty', async () => {
    expect(await createFolderStorage(join(temporaryFolder(), 'none')).list('')).toEqual([]);
  });

  it.each(['../a', 'a/../../b', '/etc/passwd', '', '.', 'deep/..'])(
    '%j leaves the folder and is refused',
    async (path) => {
      const storage = createFolderStorage(temporaryFolder());
      await expect(async () => storage.write(path, 'x')).rejects.toMatchObject({
        code: 'ORZ_STORAGE',
        details: { value: path, remedy: expect.any(String) },
      });
    },
  );

  it('names that only look like leaving the folder are allowed', async () => {
    const storage = createFolderStorage(temporaryFolder());
    await storage.write('..a/b', 'x');
    expect(await storage.list('')).toEqual(['..a/b']);
  });

  it('an error of the disk names the file, the reason and what to do', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(createFolderStorage(folder).write('file/below', 'x')).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { origin: join(folder, 'file', 'below'), remedy: expect.stringContaining('folder') },
    });
  });

  it.runIf(existsSync('/dev/full'))('a full disk is named as such', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'sub'));
    symlinkSync('/dev/full', join(folder, 'sub', 'log'));
    await expect(createFolderStorage(folder).append('sub/log', 'x')).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { value: 'ENOSPC', remedy: expect.stringContaining('full') },
    });
  });
});
