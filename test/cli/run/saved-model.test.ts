import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { latestRun, savedPolicy } from '../../../cli/run/saved-model.js';
import { temporaryFolder } from '../temporary-folder.js';

function runWith(folder: string, ...checkpoints: string[]): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{}');
  for (const name of checkpoints) {
    mkdirSync(join(folder, 'checkpoints', name, 'policy'), { recursive: true });
    writeFileSync(join(folder, 'checkpoints', name, 'policy', 'config.json'), '');
  }
  return folder;
}

describe('the model a run saved last', () => {
  it.each([
    [['base', 'iteration-000010', 'iteration-000020', 'final'], 'final'],
    [['base', 'iteration-000010', 'damaged-iteration-000020'], 'iteration-000010'],
    [['base', 'iteration-999999', 'iteration-1000000'], 'iteration-1000000'],
    [['base', 'iteration-000010', 'iteration-000020'], 'iteration-000020'],
    [['base'], 'base'],
  ])('of %j is %s', async (checkpoints, expected) => {
    expect(await savedPolicy(createFolderStorage(runWith(temporaryFolder(), ...checkpoints)))).toBe(
      `checkpoints/${expected}/policy`,
    );
  });

  it('of a run that saved nothing is ORZ_DATA_MISSING', async () => {
    await expect(savedPolicy(createFolderStorage(runWith(temporaryFolder())))).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
    });
  });
});

describe('the latest run', () => {
  it('is the newest that saved a model', async () => {
    const folder = temporaryFolder();
    const runs = ['old', 'new', 'newest-without-model'].map((name) => join(folder, 'runs', name));
    runWith(runs[0]!, 'final');
    runWith(runs[1]!, 'final');
    runWith(runs[2]!);
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
