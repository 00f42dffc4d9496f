import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDiskFolder } from '../../../cli/platform/disk-folder.js';
import { linkStores } from '../../../cli/platform/link-stores.js';
import { temporaryFolder } from '../temporary-folder.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
let parent: string;
let root: string;

beforeEach(() => {
  parent = temporaryFolder();
  root = join(parent, 'model');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(parent, 'secret'), 'secret');
  writeFileSync(join(root, 'a.txt'), '0123456789');
  writeFileSync(join(root, 'sub', 'b.txt'), 'inner');
});

describe('a folder on disk', () => {
  it('gives sizes, whole files and ranges', async () => {
    const folder = createDiskFolder(root);
    expect([
      await folder.size('a.txt'),
      await folder.size('sub/b.txt'),
      await folder.size('none'),
      await folder.size('a.txt/none'),
      await folder.size('sub'),
    ]).toEqual([10, 5, undefined, undefined, undefined]);
    expect([
      text(await folder.read('a.txt')),
      text(await folder.read('a.txt', 3)),
      text(await folder.read('a.txt', 2, 5)),
      text(await folder.read('a.txt', 10)),
    ]).toEqual(['0123456789', '3456789', '234', '']);
  });

  it('without the file is ORZ_DATA_MISSING, with less in it than asked for ORZ_STORAGE', async () => {
    const folder = createDiskFolder(root);
    await expect(folder.read('none')).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining('none'),
    });
    await expect(folder.read('a.txt', 5, 11)).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
    await expect(folder.read('a.txt', 5, 4)).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
    await expect(folder.read('sub')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });

  it.each([
    '../secret',
    'sub/../../secret',
    '/etc/hostname',
    '..\\secret',
    'C:\\secret',
    'C:secret',
    '\\\\host\\share',
    'a\0b',
  ])('refuses the name %j', async (name) => {
    const folder = createDiskFolder(root);
    await expect(folder.size(name)).rejects.toMatchObject({ code: 'ORZ_STORAGE', details: { value: name } });
    await expect(folder.read(name)).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });

  it('refuses links that lead out of it, to files as to folders, and follows those inside', async () => {
    symlinkSync(join(parent, 'secret'), join(root, 'out'));
    symlinkSync(parent, join(root, 'up'));
    symlinkSync('a.txt', join(root, 'in'));
    symlinkSync('nowhere', join(root, 'broken'));
    const folder = createDiskFolder(root);
    await expect(folder.read('out')).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      message: expect.stringContaining('leads out'),
    });
    await expect(folder.size('up/secret')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
    expect(text(await folder.read('in'))).toBe('0123456789');
    expect(await folder.size('broken')).toBeUndefined();
  });

  it('may itself be a link', async () => {
    symlinkSync(root, join(parent, 'link'));
    expect(text(await createDiskFolder(join(parent, 'link')).read('a.txt'))).toBe('0123456789');
  });

  it('in a hub cache follows the links from a snapshot to the contents beside it, and no others', async () => {
    const repository = join(parent, 'models--o--n');
    const snapshot = join(repository, 'snapshots', 'c'.repeat(40));
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(repository, 'blobs'));
    writeFileSync(join(repository, 'blobs', 'f00d'), 'content');
    symlinkSync('../../blobs/f00d', join(snapshot, 'config.json'));
    symlinkSync('../../../secret', join(snapshot, 'evil'));
    expect(text(await createDiskFolder(snapshot).read('config.json'))).toBe('content');
    await expect(createDiskFolder(snapshot).read('evil')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });
});

describe('a folder of links into a store', () => {
  let store: string;

  beforeEach(() => {
    store = join(parent, 'my store');
    mkdirSync(join(store, 'ab'), { recursive: true });
    mkdirSync(join(store, 'cd'));
    writeFileSync(join(store, 'ab', '01'), 'config');
    writeFileSync(join(store, 'cd', '02'), 'weights');
    symlinkSync(join(store, 'ab', '01'), join(root, 'config.json'));
    symlinkSync('../my store/cd/02', join(root, 'model.safetensors'));
    symlinkSync('nowhere', join(root, 'broken'));
  });

  /** What the shell puts into the variable when the printed command is run. */
  const remedyOf = async (folder: string, name: string): Promise<string> => {
    const error = await createDiskFolder(folder)
      .read(name)
      .catch((thrown: unknown) => thrown);
    const { remedy } = (error as { details: { remedy: string } }).details;
    const [, command = ''] = /: (export ORZ_LINK_STORES=.*)$/.exec(remedy) ?? [];
    return execFileSync('sh', ['-c', `${command}; printf %s "$ORZ_LINK_STORES"`], { encoding: 'utf8' });
  };

  it('is refused by naming the store and the command that allows it, which then suffices', async () => {
    const printed = await remedyOf(root, 'config.json');
    expect(printed).toBe(store);
    const folder = createDiskFolder(root, await linkStores({ ORZ_LINK_STORES: printed }));
    expect([text(await folder.read('config.json')), text(await folder.read('model.safetensors'))]).toEqual([
      'config',
      'weights',
    ]);
    expect(await folder.size('broken')).toBeUndefined();
  });

  it('may be allowed several stores, by any path to them', async () => {
    symlinkSync(join(store, 'ab'), join(parent, 'alias'));
    const stores = await linkStores({
      ORZ_LINK_STORES: [join(parent, 'alias'), join(store, 'cd'), ''].join(delimiter),
    });
    expect(stores).toEqual([join(store, 'ab'), join(store, 'cd')]);
    expect(text(await createDiskFolder(root, stores).read('config.json'))).toBe('config');
  });

  it('keeps the guard: names with .., and links out of both folder and store', async () => {
    symlinkSync(join(parent, 'secret'), join(root, 'out'));
    symlinkSync(join(parent, 'secret'), join(store, 'ab', 'out'));
    symlinkSync(join(store, 'ab', 'out'), join(root, 'chain'));
    const folder = createDiskFolder(root, await linkStores({ ORZ_LINK_STORES: store }));
    for (const name of ['out', 'chain', '../secret', '../my store/ab/01', join(store, 'ab', '01')])
      await expect(folder.read(name), name).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
    mkdirSync(`${store}-beside`);
    writeFileSync(join(`${store}-beside`, 'x'), 'x');
    symlinkSync(join(`${store}-beside`, 'x'), join(root, 'beside'));
    await expect(folder.read('beside')).rejects.toMatchObject({ code: 'ORZ_STORAGE' });
  });

  it('never has the folders around it suggested', async () => {
    symlinkSync(join(parent, 'secret'), join(root, 'out'));
    mkdirSync(join(parent, 'deep', 'er'), { recursive: true });
    writeFileSync(join(parent, 'deep', 'er', 'x'), 'x');
    symlinkSync(join(parent, 'deep', 'er', 'x'), join(root, 'deep'));
    expect((await remedyOf(root, 'deep')).split(delimiter)).toContain(join(parent, 'deep', 'er'));
  });

  it.each(['/', '/no/such/store'])('cannot be allowed %s', async (path) => {
    await expect(linkStores({ ORZ_LINK_STORES: path })).rejects.toMatchObject({
      code: 'ORZ_STORAGE',
      details: { origin: 'ORZ_LINK_STORES' },
    });
  });

  it('without the variable has no stores', async () => {
    expect(await linkStores({})).toEqual([]);
  });
});
