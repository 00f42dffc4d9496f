import { describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../../../cli/browser/worker/memory-storage.js';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import type { Storage } from '../../../core/contracts/storage.js';
import { temporaryFolder } from '../temporary-folder.js';

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}
async function* failing(): AsyncGenerator<Uint8Array> {
  yield* chunks('new');
  throw new Error('the source broke');
}
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** What can be done with files, each step on what the ones before left. */
const steps: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  'write text': (s) => s.write('a.txt', 'one'),
  'write bytes': (s) => s.write('deep/b.bin', Uint8Array.of(1, 2, 3)),
  'write chunks': (s) => s.write('c.txt', chunks('x', 'yz')),
  'write again': (s) => s.write('a.txt', 'two!'),
  'write from a source that breaks': (s) => s.write('a.txt', failing()),
  'append to nothing': (s) => s.append('log/m.jsonl', '1\n'),
  'append bytes': (s) => s.append('log/m.jsonl', Uint8Array.of(0xc3, 0xa9)),
  digest: (s) => s.digest('log/m.jsonl'),
  'digest of nothing': (s) => s.digest('none'),
  size: (s) => Promise.all([s.size('log/m.jsonl'), s.size('none')]),
  'read parts': async (s) => [
    text(await s.read('a.txt')),
    text(await s.read('a.txt', 1, 3)),
    text(await s.read('a.txt', 3, 99)),
    text(await s.read('a.txt', 9)),
    await s.read('none', 0, 1),
  ],
  flush: (s) => s.flush('log/m.jsonl'),
  'cut back': async (s) => {
    await s.truncate('log/m.jsonl', 2);
    return text(await s.read('log/m.jsonl'));
  },
  'append after the cut': async (s) => {
    await s.append('log/m.jsonl', '2');
    return text(await s.read('log/m.jsonl'));
  },
  'cut back too far': (s) => s.truncate('log/m.jsonl', 99),
  'cut back nothing': (s) => s.truncate('none', 0),
  'rename a folder': (s) => s.rename('log', 'renamed/log'),
  'rename nothing': (s) => s.rename('log', 'x'),
  list: async (s) => [await s.list(''), await s.list('renamed/'), await s.list('de'), await s.list('none/')],
  'remove a file, a folder, nothing': async (s) => {
    for (const path of ['a.txt', 'renamed', 'none']) await s.remove(path);
    return s.list('');
  },
  ...Object.fromEntries(
    ['../a', 'a/../../b', '/etc/passwd', '', '.', 'deep/..'].map((path) => [
      `write outside: ${path}`,
      (s: Storage) => s.write(path, 'x'),
    ]),
  ),
};

const outcome = (work: () => Promise<unknown>): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .catch((error: unknown) => `fails: ${(error as { code?: string }).code ?? (error as Error).message}`);

describe('files in memory behave like files in a folder', () => {
  const [memory, folder] = [createMemoryStorage('memory'), createFolderStorage(temporaryFolder())];
  it.each(Object.entries(steps))('%s', async (_, step) => {
    expect(await outcome(() => step(memory))).toEqual(await outcome(() => step(folder)));
  });
});

it('bytes handed in or out are copies', async () => {
  const storage = createMemoryStorage('memory');
  const given = Uint8Array.of(1, 2);
  await storage.write('a', given);
  given[0] = 9;
  (await storage.read('a'))![1] = 9;
  expect(await storage.read('a')).toEqual(Uint8Array.of(1, 2));
  expect(storage.bytes()).toBe(2);
});
