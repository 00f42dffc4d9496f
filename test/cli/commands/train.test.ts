import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import { runCli, shortRun, startCli, type RunningCli } from './run-cli.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Waits until the command has printed a line like `pattern`; an error with its whole output if it ends without. */
async function printed({ stdout, process, result }: RunningCli, pattern: RegExp): Promise<void> {
  while (!pattern.test(stdout())) {
    if (process.exitCode !== null)
      throw new Error(`ended without printing ${pattern}: ${JSON.stringify(await result)}`);
    await setTimeout(50);
  }
}

describe('orz-train', () => {
  it('trains, reports, fills its folder, and the model saved there answers', async () => {
    const folder = temporaryFolder();
    const { code, stdout, stderr } = await runCli(['--iterations', '2', '--run-dir', 'run', ...shortRun], folder);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d orz-train {2}preset orz-tiny, seed \d+, started \d{4}-\d\d-\d\dT/);
    for (const line of stdout.trimEnd().split('\n')) expect(line).toMatch(/^\d\d:\d\d:\d\d( |$)/);
    expect(stdout).toMatch(/ 1\/2 {2}reward [\d.]+ {2}length [\d.]+ .*\n/);
    expect(stdout).toMatch(/reward +[\d.]+ → [\d.]+/);
    expect(stdout.match(/A response before/g)).toHaveLength(2);
    expect(stdout.match(/A response after/g)).toHaveLength(2);
    expect(stdout).toContain(join(folder, 'run'));
    const run = join(folder, 'run');
    const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(metrics.filter((record) => record.reward !== undefined).map(({ iteration }) => iteration)).toEqual([1, 2]);
    expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'))).toMatchObject({
      iterations: 2,
      model: { type: 'arithmetic-base', steps: 20 },
    });
    expect(readdirSync(run)).not.toContain('.lock');

    const answer = await runCli(['generate', '3+4+5', '--run-dir', 'run', '--samples', '2', '--json'], folder);
    expect([answer.code, answer.stderr]).toEqual([0, '']);
    expect(JSON.parse(answer.stdout)).toEqual(
      [0, 1].map(() =>
        expect.objectContaining({ text: expect.any(String), stopReason: expect.stringMatching(/stop|length/) }),
      ),
    );

    const more = await runCli(['--run-dir', 'run', ...shortRun], folder);
    expect(more.code).toBe(2);
    expect(more.stderr).toMatch(/^ORZ_RESUME .*finished run of 2 iterations/);
    const again = await runCli(['--resume', 'run'], folder);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(again.stdout).toContain('finished');
  });

  it('finishes the step, saves and exits with 130 on Ctrl-C; a second run is refused meanwhile', async () => {
    const folder = temporaryFolder();
    const run = startCli(['--iterations', '10000', '--run-dir', 'run', ...shortRun], folder);
    await printed(run, /^\S+ +1\/10000 /m);
    const second = await runCli(['--run-dir', 'run', ...shortRun], folder);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(/^ORZ_RUN_LOCKED/);
    run.process.kill('SIGINT');
    const { code, stderr } = await run.result;
    expect([code, stderr]).toEqual([130, expect.stringContaining('saved')]);
    expect(readdirSync(join(folder, 'run', 'checkpoints')).some((name) => name.startsWith('iteration-'))).toBe(true);
    expect(existsSync(join(folder, 'run', '.lock'))).toBe(false);
  });

  it('saves and exits with 143 on SIGTERM; --resume alone continues from there', async () => {
    const folder = temporaryFolder();
    const run = startCli(['--iterations', '10000', '--run-dir', 'run', ...shortRun], folder);
    await printed(run, /^\S+ +1\/10000 /m);
    run.process.kill('SIGTERM');
    const { code, stderr } = await run.result;
    const done = /Stopped after iteration (\d+)/.exec(stderr)?.[1];
    expect([code, Number(done) > 0]).toEqual([143, true]);
    expect(stderr).toContain(`orz-train.mjs --resume ${join(folder, 'run')}`);
    const resumed = await runCli(['--resume', 'run', '--iterations', String(Number(done) + 1)], folder);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toContain(`Continuing after iteration ${done} of ${Number(done) + 1}`);
    const iterations = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { iteration: number }).iteration);
    expect(iterations).toEqual(Array.from({ length: Number(done) + 1 }, (_, i) => i + 1));
  });

  it('stops at once on a second Ctrl-C', async () => {
    const folder = temporaryFolder();
    const run = startCli(['--run-dir', 'run', '--set', 'model.steps=100000'], folder);
    await printed(run, /Run folder/);
    run.process.kill('SIGINT');
    await printed(run, /Finishing the step/);
    run.process.kill('SIGINT');
    expect((await run.result).code).toBe(130);
  });

  it('of a model of the hub, without a network, fails soon and says how to get its files otherwise', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:9');
    vi.stubEnv('HF_HOME', temporaryFolder());
    const { code, stderr } = await runCli(
      ['--preset', 'orz-0.5b', '--set', 'model.path=owner/model', '--set', 'data=arithmetic', '--run-dir', 'run'],
      temporaryFolder(),
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(/^ORZ_HUB_UNREACHABLE .*owner\/model/);
    expect(stderr).toContain('hf download owner/model --local-dir FOLDER');
    expect(stderr).toContain('--set model.path=FOLDER');
  });

  it('reports an error of the run process with code and remedy, exit code 1', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'nan.ts'),
      `import { definePlugin, provide, z } from 'open-reasoner-zero';
      export default definePlugin({ name: 'nan-reward', provides: [provide('reward', 'nan', {
        description: 'broken on purpose',
        settings: z.object({}),
        create: () => ({ moduleUrl: import.meta.url.replace('nan.ts', 'reward.ts'), settings: {} }),
      })] });`,
    );
    writeFileSync(
      join(folder, 'reward.ts'),
      `import type { Reward } from 'open-reasoner-zero';
      export default (): Reward => ({
        name: 'nan',
        grade: (group) => group.map(() => ({ value: NaN, verdict: 'wrong' })),
      });`,
    );
    const { code, stderr } = await runCli(
      ['--iterations', '1', '--run-dir', 'run', '--set', 'plugins=["./nan.ts"]', '--set', 'reward=nan', ...shortRun],
      folder,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ORZ_(REWARD_INVALID|NOT_FINITE) /);
    expect(stderr).toContain('to do');
  });
});
