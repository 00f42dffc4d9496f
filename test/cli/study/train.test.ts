import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { studyResultsSchema } from '../../../core/study/results.js';
import { until } from '../../support/until.js';
import { runCli, startCli } from '../commands/run-cli.js';
import { temporaryFolder } from '../temporary-folder.js';
import { readResults, readText, smallStudy, writeStudy } from './small-study.js';

const runsOf = (folder: string): string[] => readdirSync(join(folder, 'runs/studies/runs')).sort();

describe('orz-train study', () => {
  it('trains every arm with every seed and writes results, pictures and a page; again it trains nothing', async () => {
    const folder = temporaryFolder();
    const args = ['study', writeStudy(folder), '--jobs', '2'];
    const first = await runCli(args, folder);
    expect(first.stderr).toMatch(/4 runs, 0 of them finished; up to 2 at a time/);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/response length\narm +mean of 2 seeds +difference to λ = 1 +verdict\nλ = 1 /);
    const results = studyResultsSchema.parse(readResults(folder, 'small'));
    expect(results.arms[1]!.differing).toEqual([['advantage.lambda', '1', '0.5']]);
    expect(results.outcomes[0]!.arms[0]!.values.every((value) => value! >= 1 && value! <= 6)).toBe(true);
    expect(runsOf(folder)).toEqual(results.arms.flatMap(({ runs }) => runs.map((run) => run.folder.slice(5))).sort());
    expect(readText(folder, 'small', 'evaluation-held-out-reward.svg')).toMatch(/^<svg /);
    expect(readText(folder, 'small', 'report.html')).toMatch(/Does λ matter\?/);
    const before = readText(folder, 'small', 'study.json');
    expect(before).not.toContain(folder);

    const again = await runCli([...args, '--markdown'], folder);
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('finished')]);
    expect(again.stdout).toContain('| arm | mean of 2 seeds | difference to λ = 1 | verdict |');
    expect(readText(folder, 'small', 'study.json')).toBe(before);
  });

  it('killed, goes on where it was, to the same bytes', async () => {
    const [killed, whole] = [temporaryFolder(), temporaryFolder()];
    const change = { settings: { ...smallStudy.settings, iterations: 6 }, arms: smallStudy.arms.slice(0, 1) };
    const args = ['study', writeStudy(killed, change), '--jobs', '2'];
    const cli = startCli(args, killed);
    const runs = join(killed, 'runs/studies/runs');
    const isPartial = (): boolean =>
      existsSync(runs) &&
      readdirSync(runs).some((run) => existsSync(join(runs, run, 'metrics.jsonl'))) &&
      !readdirSync(runs).every((run) => existsSync(join(runs, run, 'summary.json')));
    await until(isPartial);
    cli.process.kill('SIGKILL');
    await cli.result;
    expect(existsSync(join(killed, 'runs/studies/small/study.json'))).toBe(false);
    expect((await runCli(args, killed)).code).toBe(0);
    writeStudy(whole, change);
    expect((await runCli([...args.slice(0, 2), '--jobs', '1'], whole)).code).toBe(0);
    expect(readText(killed, 'small', 'study.json')).toBe(readText(whole, 'small', 'study.json'));
    expect(readText(killed, 'small', 'responseLength.svg')).toBe(readText(whole, 'small', 'responseLength.svg'));
  });

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

  it('of equal arms sees no difference, and trains them once', async () => {
    const folder = temporaryFolder();
    const arms = [{ name: 'one' }, { name: 'the same', settings: { advantage: { lambda: 1 } } }];
    const { code } = await runCli(['study', writeStudy(folder, { arms })], folder);
    expect(code).toBe(0);
    expect(runsOf(folder).length).toBe(2);
    const verdicts = readResults(folder, 'small').outcomes.map((outcome) => outcome.arms[1]!.verdict);
    expect(verdicts).toEqual(verdicts.map(() => 'no difference seen (equal with each of 2 seeds)'));
  });

  it('names the folder of a run that fails, and what to do', async () => {
    const folder = temporaryFolder();
    const arms = [smallStudy.arms[0]!, { name: 'short', settings: { maxPromptTokens: 2 } }];
    const { code, stderr } = await runCli(
      ['study', writeStudy(folder, { arms }), '--seeds', '1', '--jobs', '2'],
      folder,
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(/ORZ_PROMPT_TOO_LONG The run short, seed 1 failed: /);
    expect(stderr).toMatch(/from +runs\/studies\/runs\/orz-tiny-seed-1-[0-9a-f]{8}\n/);
    expect(stderr).toMatch(/Then give the same command again: finished runs are kept/);
    expect(existsSync(join(folder, 'runs/studies/small'))).toBe(false);
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
