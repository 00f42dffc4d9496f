import { describe, expect, it } from 'vitest';
import type { RunEvents } from '../../../../core/contracts/run-events.js';
import { openRunFiles } from '../../../../core/train/state/run-files.js';
import { memoryStorage } from '../support.js';

const warnings: string[] = [];
const events: RunEvents = {
  phase: () => ({ progress: () => undefined, end: () => undefined }),
  log: (_, message) => {
    warnings.push(message);
  },
};
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

describe('files of a run', () => {
  it('are cut back by another process: growing ones shortened, later ones removed, others left', async () => {
    const files = new Map<string, Uint8Array>();
    const { storage, record } = await openRunFiles(memoryStorage(files));
    await storage.write('config.json', '{}');
    await storage.append('metrics.jsonl', 'one\n');
    const { files: recorded } = await record();
    expect(recorded).toEqual({ appended: { 'metrics.jsonl': 4 }, written: ['config.json'] });
    await storage.append('metrics.jsonl', 'two\n');
    await storage.append('events.bin', Uint8Array.of(1));
    await storage.write('rollouts/2.gz', 'x');
    await storage.write('checkpoints/iteration-000001/x', 'x');
    files.set('notes.txt', new Uint8Array(3));
    await (await openRunFiles(memoryStorage(files))).cutBack(recorded, events);
    expect([...files.keys()].sort()).toEqual([
      '.files',
      'checkpoints/iteration-000001/x',
      'config.json',
      'metrics.jsonl',
      'notes.txt',
    ]);
    expect(text(files.get('metrics.jsonl'))).toBe('one\n');
  });

  it.each([
    ['metrics.jsonl', 'one\ntwo\nthr', 'one\ntwo\n'],
    ['metrics.jsonl', 'on', ''],
    ['metrics.jsonl', '', ''],
    ['events.out', 'one\ntwo', 'one\ntwo'],
  ])('that somebody shortened are warned of; of lines, whole ones are kept: %s with %j', async (path, left, kept) => {
    const files = new Map([[path, new TextEncoder().encode(left)]]);
    await (await openRunFiles(memoryStorage(files))).cutBack({ appended: { [path]: 99 }, written: [] }, events);
    expect(warnings.at(-1)).toMatch(`${path} has ${left.length} bytes but had 99 at the checkpoint`);
    expect(text(files.get(path))).toBe(kept);
  });

  it('whose journal was cut in a line go on with a whole one', async () => {
    const files = new Map<string, Uint8Array>();
    const { storage } = await openRunFiles(memoryStorage(files));
    await storage.write('a', '1');
    files.set('.files', new TextEncoder().encode(`${text(files.get('.files'))}{"path":"b`));
    await (await openRunFiles(memoryStorage(files))).storage.write('c', '1');
    await (await openRunFiles(memoryStorage(files))).cutBack({ appended: {}, written: [] }, events);
    expect([...files.keys()]).toEqual(['.files']);
  });

  it('do not include what a foreign journal names: checkpoints, the lock, files elsewhere', async () => {
    const files = new Map(
      ['checkpoints/final/x', '.lock', 'kept'].map((path) => [path, new TextEncoder().encode('x')]),
    );
    const lines = ['checkpoints', './checkpoints/final/x', '.lock', '.files', '../kept', 'x/../kept', ''];
    files.set(
      '.files',
      new TextEncoder().encode(lines.map((path) => `${JSON.stringify({ path, kind: 'write' })}\n`).join('')),
    );
    await (await openRunFiles(memoryStorage(files))).cutBack({ appended: {}, written: [] }, events);
    expect([...files.keys()].sort()).toEqual(['.files', '.lock', 'checkpoints/final/x', 'kept']);
  });

  it('that lost their journal are those of the checkpoints and of the built-in sinks', async () => {
    const files = new Map(
      ['metrics.jsonl', 'rollouts/000001.train.jsonl.gz', 'notes.txt', 'rollouts/mine.txt'].map((path) => [
        path,
        new TextEncoder().encode('x\n'),
      ]),
    );
    await (await openRunFiles(memoryStorage(files))).cutBack({ appended: {}, written: [] }, events);
    expect([...files.keys()].sort()).toEqual(['.files', 'notes.txt', 'rollouts/mine.txt']);
  });

  it('are flushed before a checkpoint relies on them: all written since the last one', async () => {
    const flushed: string[] = [];
    const below = memoryStorage(new Map());
    const { storage, record } = await openRunFiles({
      ...below,
      flush: async (path) => {
        flushed.push(path);
      },
    });
    await storage.append('metrics.jsonl', 'one\n');
    await storage.write('rollouts/1.gz', 'x', { lasting: false });
    await storage.write('config.json', '{}');
    await (await record()).lasting();
    expect(flushed.splice(0).sort()).toEqual(['.files', 'metrics.jsonl', 'rollouts/1.gz']);
    await (await record()).lasting();
    expect(flushed).toEqual(['.files']);
  });
});
