import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { latestRun, openSavedModel } from '../../../cli/run/saved-model.js';
import { commitCheckpoint, pruneCheckpoints } from '../../../core/train/state/checkpoints.js';
import { temporaryFolder } from '../temporary-folder.js';
import { emptyState } from './empty-state.js';

/** A run whose checkpoints hold their own name in place of a model. */
async function runWith(folder: string, ...checkpoints: string[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{}');
  for (const name of checkpoints) await addCheckpoint(folder, name);
  return folder;
}

const addCheckpoint = (folder: string, name: string): Promise<void> =>
  commitCheckpoint(createFolderStorage(folder), name, emptyState, async (inside) => {
    await inside.write('policy/config.json', name);
  });

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('the model a run saved last', () => {
  it.each([
    [['base', 'iteration-000010', 'iteration-000020', 'final'], 'final'],
    [['base', 'iteration-000010', 'damaged-iteration-000020'], 'iteration-000010'],
    [['base', 'iteration-999999', 'iteration-1000000'], 'iteration-1000000'],
    [['base', 'iteration-000010', 'iteration-000020'], 'iteration-000020'],
    [['base'], 'base'],
  ])('of %j is %s', async (checkpoints, expected) => {
    const { folder, close } = await openSavedModel(await runWith(temporaryFolder(), ...checkpoints), 'policy');
    expect(text(await folder.read('config.json'))).toBe(expected);
    await close();
  });

  it('of a run that saved nothing is ORZ_DATA_MISSING', async () => {
    await expect(openSavedModel(await runWith(temporaryFolder()), 'policy')).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: 'This run has saved no model',
    });
  });

  it('of a folder that is no run is ORZ_DATA_MISSING saying so', async () => {
    for (const folder of [temporaryFolder(), join(temporaryFolder(), 'none')])
      await expect(openSavedModel(folder, 'policy')).rejects.toMatchObject({
        code: 'ORZ_DATA_MISSING',
        message: `There is no run in ${folder}`,
      });
  });

  it('stays readable when the run goes on and removes it', async () => {
    const run = await runWith(temporaryFolder(), 'iteration-000001');
    const { folder, close } = await openSavedModel(run, 'policy');
    await addCheckpoint(run, 'iteration-000002');
    await pruneCheckpoints(createFolderStorage(run), { latest: 1, best: 0 });
    expect(text(await folder.read('config.json'))).toBe('iteration-000001');
    await close();
  });

  it('is the next one when it is removed while it is opened', async () => {
    const run = await runWith(temporaryFolder(), ...Array.from({ length: 30 }, (_, i) => `iteration-00${1000 + i}`));
    const storage = createFolderStorage(run);
    // As a run with checkpoint.keep=1 does, faster than any: each of these openings meets a removal.
    const opened = Promise.all(Array.from({ length: 5 }, () => openSavedModel(run, 'policy')));
    for (let n = 1030; n < 1040; n++) {
      await addCheckpoint(run, `iteration-00${n}`);
      await pruneCheckpoints(storage, { latest: 1, best: 0 });
    }
    for (const { folder, close } of await opened) {
      expect(text(await folder.read('config.json'))).toMatch(/^iteration-0010\d\d$/);
      await close();
    }
  });

  it('shows no file that the run did not save', async () => {
    const run = await runWith(temporaryFolder(), 'final');
    writeFileSync(join(run, 'checkpoints', 'final', 'policy', 'chat_template.jinja'), 'foreign');
    const { folder, close } = await openSavedModel(run, 'policy');
    expect(await folder.size('chat_template.jinja')).toBeUndefined();
    await close();
  });

  it('that is damaged is ORZ_CHECKPOINT, whichever file it is', async () => {
    const run = await runWith(temporaryFolder(), 'base', 'final');
    rmSync(join(run, 'checkpoints', 'final', 'state.json'));
    await expect(openSavedModel(run, 'policy')).rejects.toMatchObject({
      code: 'ORZ_CHECKPOINT',
      details: { origin: 'checkpoints/final/state.json' },
    });
  });
});

describe('the latest run', () => {
  it('is the newest that saved a model', async () => {
    const folder = temporaryFolder();
    const runs = ['old', 'new', 'newest-without-model'].map((name) => join(folder, 'runs', name));
    await runWith(runs[0]!, 'final');
    await runWith(runs[1]!, 'final');
    await runWith(runs[2]!);
    runs.forEach((run, i) => {
      utimesSync(join(run, 'config.json'), 1000 + i, 1000 + i);
    });
    expect(await latestRun(folder)).toBe(runs[1]);
  });

  it('where there is none is ORZ_DATA_MISSING', async () => {
    await expect(latestRun(temporaryFolder())).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      details: { remedy: expect.stringContaining('--run-dir') },
    });
  });
});
