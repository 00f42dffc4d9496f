import { existsSync, readdirSync } from 'node:fs';
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
    const same = { name: 'the same', settings: { advantage: { lambda: 1 } } };
    const args = ['study', writeStudy(folder, { arms: [...smallStudy.arms, same] }), '--jobs', '2'];
    const first = await runCli(args, folder);
    expect(first.stderr).toMatch(/4 runs, 0 of them finished; up to 2 at a time/);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/response length\narm +mean of 2 seeds +difference to λ = 1 +verdict\nλ = 1 /);
    const results = studyResultsSchema.parse(readResults(folder, 'small'));
    expect(results.arms[1]!.differing).toEqual([['advantage.lambda', '1', '0.5']]);
    expect(results.outcomes[0]!.arms[0]!.values.every((value) => value! >= 1 && value! <= 6)).toBe(true);
    // Equal arms are trained once, and do not differ.
    const [main, lambda, equal] = results.arms.map(({ runs }) => runs.map((run) => run.folder.slice(5)));
    expect(equal).toEqual(main);
    expect(runsOf(folder)).toEqual([...main!, ...lambda!].sort());
    const verdicts = results.outcomes.map((outcome) => outcome.arms[2]!.verdict);
    expect(verdicts).toEqual(verdicts.map(() => 'no difference seen (equal with each of 2 seeds)'));
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
});
