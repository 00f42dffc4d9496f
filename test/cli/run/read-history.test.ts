import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../cli/run/read-history.js';
import { metricsLine, writeBaseEvaluation } from '../dashboard/run-folders.js';
import { temporaryFolder } from '../temporary-folder.js';

function folderWith(metrics: string): string {
  const folder = temporaryFolder();
  writeBaseEvaluation(folder);
  writeFileSync(join(folder, 'metrics.jsonl'), metrics);
  return folder;
}

describe('what a run has done before', () => {
  it('is its evaluation before training and its iterations, in order', async () => {
    const folder = folderWith([1, 2, 3].map((number) => metricsLine(number)).join(''));
    const history = await readHistory(folder, { iteration: 3, seconds: 61 });
    expect([history.iteration, history.seconds]).toEqual([3, 61]);
    expect(history.metrics.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
    expect(history.metrics[0]).toEqual({
      iteration: 0,
      'evaluation/held-out': { reward: 0.25, responseLength: 12, formatShare: 0.5, truncatedShare: 0.25 },
    });
  });

  it('is a choice of them, the last among them, where they are many', async () => {
    const folder = folderWith(Array.from({ length: 5000 }, (_, i) => metricsLine(i + 1)).join(''));
    const { metrics } = await readHistory(folder, { iteration: 5000, seconds: 1 });
    expect(metrics).toHaveLength(2000);
    expect([metrics[0]?.['iteration'], metrics.at(-1)?.['iteration']]).toEqual([0, 5000]);
  });

  it('is known from the checkpoint where the metrics are damaged or absent', async () => {
    expect(await readHistory(folderWith('{"iteration": 1\n{"x'), { iteration: 7, seconds: 5 })).toEqual({
      iteration: 7,
      seconds: 5,
      metrics: [],
    });
    expect(await readHistory(temporaryFolder(), { iteration: 7, seconds: 5 })).toMatchObject({ metrics: [] });
  });
});
