import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { readHistory } from '../../../cli/run/read-history.js';
import type { RunHistory } from '../../../cli/run/messages.js';
import type { SavedCheckpoint } from '../../../core/train/state/checkpoints.js';
import { metricsLine, writeBaseEvaluation } from '../dashboard/run-folders.js';
import { temporaryFolder } from '../temporary-folder.js';

function folderWith(metrics: string): string {
  const folder = temporaryFolder();
  writeBaseEvaluation(folder);
  writeFileSync(join(folder, 'metrics.jsonl'), metrics);
  return folder;
}

/** The history of the run in `folder` up to a checkpoint. */
const historyOf = (folder: string, state: { iteration: number; seconds: number }): Promise<RunHistory> =>
  readHistory(createFolderStorage(folder), { kind: 'continue', checkpoint: { state } as SavedCheckpoint });

describe('what a run has done before', () => {
  it('is its evaluation before training and its iterations, in order', async () => {
    const folder = folderWith([1, 2, 3].map((number) => metricsLine(number)).join(''));
    const history = await historyOf(folder, { iteration: 3, seconds: 61 });
    expect([history.iteration, history.seconds]).toEqual([3, 61]);
    expect(history.metrics.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
    expect(history.metrics[0]).toEqual({
      iteration: 0,
      'evaluation/held-out': { reward: 0.25, responseLength: 12, formatShare: 0.5, truncatedShare: 0.25 },
    });
  });

  it('is a choice of them, the last among them, where they are many', async () => {
    const folder = folderWith(Array.from({ length: 5000 }, (_, i) => metricsLine(i + 1)).join(''));
    const { metrics } = await historyOf(folder, { iteration: 5000, seconds: 1 });
    expect(metrics).toHaveLength(2000);
    expect([metrics[0]?.['iteration'], metrics.at(-1)?.['iteration']]).toEqual([0, 5000]);
  });

  it('is known from the checkpoint where the metrics are damaged or absent', async () => {
    expect(await historyOf(folderWith('{"iteration": 1\n{"x'), { iteration: 7, seconds: 5 })).toEqual({
      iteration: 7,
      seconds: 5,
      metrics: [],
    });
    expect(await historyOf(temporaryFolder(), { iteration: 7, seconds: 5 })).toMatchObject({ metrics: [] });
  });
});
