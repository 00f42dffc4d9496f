import { describe, expect, it } from 'vitest';
import { describeRuns, differingPaths } from '../../../cli/dashboard/differences.js';
import { makeReport } from '../../../cli/dashboard/report.js';
import { openRun } from '../../../cli/dashboard/run-reader.js';
import { differenceLines, labelOf } from '../../../cli/dashboard/shared/differences.js';
import { fakeRun } from './run-folders.js';

const settings = (lambda: number, more: object = {}) => ({
  runDir: `/runs/${lambda}`,
  advantage: { type: 'gae', gamma: 1, lambda },
  data: { type: 'files', token: 'secret' },
  ...more,
});
const runsWith = (...configs: object[]) =>
  Promise.all(configs.map((config, i) => openRun(fakeRun({ name: `run-${i + 1}`, config }))));

describe('several runs', () => {
  it('are told apart by exactly the settings in which they differ', async () => {
    const infos = await describeRuns(await runsWith(settings(1), settings(0.95, { seed: 8 })));
    expect(differenceLines(infos)).toEqual(['seed 7 vs 8', 'advantage.lambda 1 vs 0.95']);
    expect(infos.map(labelOf)).toEqual(['run-1 (seed 7, advantage.lambda 1)', 'run-2 (seed 8, advantage.lambda 0.95)']);
  });

  it('may lack a setting, have lists, or be three', async () => {
    const infos = await describeRuns(
      await runsWith(
        settings(1, { metrics: [{ type: 'jsonl' }] }),
        settings(1, { metrics: [{ type: 'jsonl' }, { type: 'tensorboard' }] }),
        settings(1, { topK: 5 }),
      ),
    );
    expect(differenceLines(infos)).toEqual([
      'metrics.1.type not set vs tensorboard vs not set',
      'metrics.0.type jsonl vs jsonl vs not set',
      'topK not set vs not set vs 5',
    ]);
  });

  it('with the same settings differ in nothing, wherever they lie', async () => {
    const infos = await describeRuns(await runsWith(settings(1), { ...settings(1), runDir: '/elsewhere' }));
    expect(differenceLines(infos)).toEqual([]);
    expect(infos.map(labelOf)).toEqual(['run-1', 'run-2']);
    expect(differingPaths([])).toEqual([]);
  });

  it('hand no setting on in which they agree, and a single run none at all', async () => {
    const runs = await runsWith(settings(1), settings(0.95));
    const assets = { script: '', style: '' };
    const both = await makeReport(runs, assets);
    expect(both).toContain('"advantage.lambda"');
    expect(both).not.toContain('secret');
    expect(await makeReport(runs.slice(0, 1), assets)).not.toContain('advantage.lambda');
  });

  it('that differ in much have a short label', () => {
    const differing = Array.from({ length: 9 }, (_, i) => [`setting${i}`, `${i}`] as const);
    expect(labelOf({ name: 'a', differing })).toMatch(/^a \(setting0 0, .*setting5 5, …\)$/);
  });
});
