import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../support/until.js';
import { runCli, startCli } from '../commands/run-cli.js';
import { temporaryFolder } from '../temporary-folder.js';
import { readResults, smallStudy, writeStudy } from './small-study.js';

const runsOf = (folder: string): string[] => readdirSync(join(folder, 'runs/studies/runs')).sort();

describe('orz-train study', () => {
  it('shares runs with another study, also one that goes on at the same time', async () => {
    const folder = temporaryFolder();
    const other = {
      name: 'other',
      arms: [smallStudy.arms[0]!, { name: 'no critic', presets: ['grpo'], settings: { criticUpdateSteps: 0 } }],
      settings: { ...smallStudy.settings, lossAggregation: 'token-mean' as const },
      plots: [],
    };
    const files = [writeStudy(folder), writeStudy(folder, other)];
    const ended = await Promise.all(files.map((file) => runCli(['study', file, '--jobs', '2'], folder)));
    expect(ended.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', '']);
    const [main, same] = ['small', 'other'].map((name) => readResults(folder, name));
    expect(same!.arms[0]!.runs).toEqual(main!.arms[0]!.runs);
    expect(same!.outcomes[0]!.arms[0]!.values).toEqual(main!.outcomes[0]!.arms[0]!.values);
    expect(runsOf(folder).length).toBe(6);
    // Two processes in one folder would have left more lines than iterations.
    const metrics = runsOf(folder).map((run) =>
      readFileSync(join(folder, 'runs/studies/runs', run, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    );
    expect(metrics.map(({ length }) => length)).toEqual(metrics.map(() => 2));
  });

  it.skipIf(process.platform === 'win32')('Ctrl-C saves what is in progress, and the study can go on', async () => {
    const folder = temporaryFolder();
    const args = ['study', writeStudy(folder, { settings: { ...smallStudy.settings, iterations: 40 } }), '--jobs', '2'];
    const cli = startCli(args, folder);
    const runs = join(folder, 'runs/studies/runs');
    await until(
      () => existsSync(runs) && readdirSync(runs).some((run) => existsSync(join(runs, run, 'metrics.jsonl'))),
    );
    cli.process.kill('SIGINT');
    const { code, stderr } = await cli.result;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopped; \d of 4 runs are finished, the others saved where they were/);
    expect(readdirSync(runs).some((run) => existsSync(join(runs, run, '.lock')))).toBe(false);
    const { stdout } = await runCli([...args, '--plan'], folder);
    expect(stdout).toMatch(/partial \d+\/40/);
    expect(stdout).toMatch(/About \d+:\d\d with 2 at a time, at the pace of the runs of this study so far/);
  });
});
