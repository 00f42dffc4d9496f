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

  it('that somebody shortened are warned of and left', async () => {
    const files = new Map([['metrics.jsonl', new Uint8Array(2)]]);
    await (await openRunFiles(memoryStorage(files))).cutBack({ appended: { 'metrics.jsonl': 4 }, written: [] }, events);
    expect(warnings.at(-1)).toBe('metrics.jsonl has 2 bytes but had 4 at the checkpoint: part of it is missing');
    expect(files.get('metrics.jsonl')).toHaveLength(2);
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
