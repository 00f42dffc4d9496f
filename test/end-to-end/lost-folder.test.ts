import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  emptyFolder,
  oneOrTwoSeconds as small,
  readTree,
  runIn,
  type RunInOptions,
  type Settings,
} from './run-in-folder.js';

const folder = emptyFolder();
const at = (...parts: string[]): string => join(folder, ...parts);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A run to whose folder something happens after its first iteration. */
const runDisturbedBy = (name: string, event: () => void, settings: Settings = small): Promise<unknown> => {
  const onMetrics: RunInOptions['onMetrics'] = (metrics) => {
    if (metrics['iteration'] === 1) event();
  };
  return runIn(folder, name, settings, { onMetrics }).then(
    () => 'finished',
    (error: unknown) => error,
  );
};

const lost = { code: 'ORZ_RUN_LOST', message: expect.stringContaining('no longer the folder') as string };

describe('a run whose folder', () => {
  it.each([
    ['with every checkpoint', small],
    ['with metrics alone', { ...small, metrics: ['jsonl'], 'checkpoint.every': 100 }],
    ['with TensorBoard alone', { ...small, metrics: ['tensorboard'], 'checkpoint.every': 100 }],
    ['with nothing but its end', { ...small, metrics: [], 'checkpoint.every': 100 }],
    ['as a canary', { ...small, 'guards.canary': true }],
  ])('was removed stops, and does not make it again: %s', async (_, settings) => {
    const removed = () => {
      rmSync(at('removed'), { recursive: true });
    };
    expect(await runDisturbedBy('removed', removed, settings)).toMatchObject(lost);
    expect(existsSync(at('removed'))).toBe(false);
  });

  it('was moved stops, and can be continued where it is now', async () => {
    const moved = () => {
      renameSync(at('moved'), at('elsewhere'));
    };
    expect(await runDisturbedBy('moved', moved)).toMatchObject(lost);
    expect(existsSync(at('moved'))).toBe(false);
    const { summary } = await runIn(folder, 'elsewhere', small, { resume: { required: true, force: false } });
    expect(summary).toMatchObject({ iterations: 4, location: at('elsewhere') });
  });

  it('was replaced by another writes nothing into that one', async () => {
    const replaced = () => {
      renameSync(at('mine'), at('gone'));
      mkdirSync(at('mine', 'checkpoints'), { recursive: true });
      for (const name of ['metrics.jsonl', '.lock', 'config.json']) writeFileSync(at('mine', name), 'not yours');
    };
    expect(await runDisturbedBy('mine', replaced)).toMatchObject(lost);
    expect([...readTree(at('mine')).values()].map(String)).toEqual(['not yours', 'not yours', 'not yours']);
    expect(readdirSync(at('mine', 'checkpoints'))).toEqual([]);
  });

  it('was taken over by a second run leaves it to that one', async () => {
    let second: Promise<unknown> = Promise.resolve();
    const takenOver = () => {
      rmSync(at('shared'), { recursive: true });
      second = runIn(folder, 'shared', small);
    };
    expect(await runDisturbedBy('shared', takenOver)).toMatchObject(lost);
    await second;
    expect(readdirSync(at('shared'))).toContain('summary.json');
    const lines = String(readTree(at('shared')).get('metrics.jsonl'))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { iteration: number }).iteration)).toEqual([1, 2, 3, 4]);
  });

  it('lost its lock stops: another process may have it', async () => {
    const unlocked = () => {
      rmSync(at('unlocked', '.lock'));
    };
    expect(await runDisturbedBy('unlocked', unlocked)).toMatchObject(lost);
  });
});
