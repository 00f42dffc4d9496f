import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../cli/commands/runs.js';
import { lockFolder } from '../../../cli/run/lock.js';
import { formatAge } from '../../../cli/run-list/table.js';
import { displayWidth } from '../../../cli/terminal/width.js';
import { useFolder } from '../commands/in-folder.js';
import { makeRun } from './make-run.js';

const current = useFolder();
const at = (name: string): string => join(current.folder, 'runs', name);

/** Sets when a run was started, in hours before now. */
function startedBefore(run: string, hours: number): void {
  const time = new Date(Date.now() - hours * 3_600_000);
  utimesSync(join(run, 'config.json'), time, time);
}

async function listed(): Promise<Record<string, unknown>[]> {
  current.printed.out = '';
  expect(await runs([], { json: true })).toBe(0);
  return JSON.parse(current.printed.out) as Record<string, unknown>[];
}

async function textOf(...words: string[]): Promise<string> {
  current.printed.out = '';
  expect(await runs(words, {})).toBe(0);
  return current.printed.out;
}

/** As `kill -9` leaves it: of a process that cannot be. */
const abandonedLock = JSON.stringify({ pid: 2 ** 30, host: (await import('node:os')).hostname(), nonce: 'x' });

describe('orz-train runs', () => {
  it('tells state, iterations, held-out reward, preset, differences and disk of each run', async () => {
    const evaluated = (iteration: number, ...rewards: number[]): object => ({
      iteration,
      ...Object.fromEntries(rewards.map((reward, i) => [`evaluation/set ${i}`, { reward }])),
    });
    startedBefore(
      await makeRun(at('orz-tiny-2026-01-31-120000'), {
        config: { seed: 1, iterations: 3, advantage: { lambda: 1 } },
        metrics: [evaluated(1, 0.25, 0.75), { iteration: 2 }, evaluated(3, 0.5, 1)],
        isFinished: true,
      }),
      3,
    );
    startedBefore(await makeRun(at('mine'), { config: { seed: 1, iterations: 9, advantage: { lambda: 0.95 } } }), 1);
    expect(await listed()).toMatchObject([
      {
        name: 'mine',
        state: 'stopped',
        done: 0,
        iterations: 9,
        differing: [
          ['iterations', '9'],
          ['advantage.lambda', '0.95'],
        ],
      },
      {
        name: 'orz-tiny-2026-01-31-120000',
        preset: 'orz-tiny',
        state: 'finished',
        done: 3,
        iterations: 3,
        heldOut: { first: 0.5, last: 0.75 },
        differing: [
          ['iterations', '3'],
          ['advantage.lambda', '1'],
        ],
      },
    ]);
    expect(
      (await textOf())
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/ {2,}/g, '  ')),
    ).toEqual([
      'run  state  done  held-out  disk  age',
      expect.stringMatching(/^mine {2}stopped {2}0\/9 {2}– {2}\d+ B {2}60 min$/),
      '  iterations 9, advantage.lambda 0.95',
      expect.stringMatching(/^orz-tiny-2026-01-31-120000 {2}finished {2}3\/3 {2}0.500 → 0.750 {2}\d+ B {2}3 h$/),
      '  orz-tiny, iterations 3, advantage.lambda 1',
    ]);
  });

  it('tells running, killed and failed runs apart', async () => {
    const lock = await lockFolder(await makeRun(at('running')));
    writeFileSync(join(await makeRun(at('killed')), '.lock'), abandonedLock);
    mkdirSync(join(await makeRun(at('not-finite')), 'failures'));
    writeFileSync(join(at('not-finite'), 'failures', 'iteration-3.json'), '{}');
    const states = Object.fromEntries((await listed()).map(({ name, state }) => [name, state]));
    expect(states).toEqual({ running: 'running', killed: 'failed', 'not-finite': 'failed' });
    await lock.release();
  });

  it('passes over what is no run, and links', async () => {
    mkdirSync(at('pictures'), { recursive: true });
    writeFileSync(at('file'), '');
    symlinkSync(await makeRun(join(current.folder, 'elsewhere')), at('link'));
    expect(await listed()).toEqual([]);
    expect(await textOf()).toMatch(/^There is no run in /);
    await expect(runs([], { folder: 'none' })).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
  });

  it('fits 80 columns and takes no orders from names and settings', async () => {
    const hostile = `\u001b[2J${'long '.repeat(20)}界界`;
    await makeRun(at(hostile), { config: { iterations: 1e6, 'a\u001b[31m': '\u001b]0;title\u0007' } });
    await makeRun(at('other'), { metrics: [{ iteration: 'x' }, { iteration: 2, 'evaluation/a': { reward: 'y' } }] });
    writeFileSync(join(await makeRun(at('damaged')), 'config.json'), '{');
    symlinkSync('/etc/hostname', join(await makeRun(at('odd')), 'metrics.jsonl'));
    const text = await textOf();
    expect(text).not.toContain('\u001b');
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
    const states = Object.fromEntries((await listed()).map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({ other: 'stopped', damaged: 'stopped', odd: 'unreadable' });
  });

  it('refuses other words, and --yes where nothing is to be removed', async () => {
    await expect(runs(['remove'], {})).rejects.toMatchObject({ code: 'ORZ_USAGE' });
    await expect(runs([], { yes: true })).rejects.toMatchObject({ code: 'ORZ_USAGE' });
  });
});

describe('orz-train runs clean', () => {
  const checkpointsOf = (name: string): string[] => readdirSync(join(at(name), 'checkpoints')).sort();
  const numbered = { base: null, 'iteration-000010': 0.9, 'iteration-000020': 0.5, 'iteration-000030': 0.6 };

  it('keeps base, best and newest checkpoint, and removes only with --yes', async () => {
    await makeRun(at('stopped'), { checkpoints: numbered });
    await makeRun(at('finished'), { checkpoints: { ...numbered, final: 0.7 }, isFinished: true });
    const text = await textOf('clean');
    expect(text).toMatch(/^stopped: would remove iteration-000020 {2}\d.*$/m);
    expect(text).toMatch(/^finished: would remove iteration-000030, iteration-000020 {2}\d.*$/m);
    expect(text).toMatch(/Nothing was removed: add --yes$/m);
    expect(checkpointsOf('stopped').length).toBe(4);
    expect(await runs(['clean'], { yes: true })).toBe(0);
    expect(checkpointsOf('stopped')).toEqual(['base', 'iteration-000010', 'iteration-000030']);
    expect(checkpointsOf('finished')).toEqual(['base', 'final', 'iteration-000010']);
    expect(await textOf('clean')).toBe('Nothing to remove\n');
  });

  it('leaves a run alone that is running, or whose newest checkpoint is damaged', async () => {
    const lock = await lockFolder(await makeRun(at('running'), { checkpoints: numbered }));
    await makeRun(at('damaged'), { checkpoints: numbered });
    writeFileSync(join(at('damaged'), 'checkpoints', 'iteration-000030', 'policy', 'weights'), 'other');
    expect(await runs(['clean'], { yes: true })).toBe(0);
    expect(current.printed.out).toContain('running: left alone, it is running');
    expect(current.printed.out).toContain('damaged: left alone, its checkpoint iteration-000030 is damaged');
    expect([checkpointsOf('running').length, checkpointsOf('damaged').length]).toEqual([4, 4]);
    expect(await runs(['clean', 'running'], { yes: true })).toBe(0);
    expect(existsSync(at('running'))).toBe(true);
    await lock.release();
  });

  it('removes whole runs by name, and nothing if a name is none of a run', async () => {
    for (const name of ['one', 'two']) await makeRun(at(name), { checkpoints: numbered });
    mkdirSync(at('pictures'));
    symlinkSync(await makeRun(join(current.folder, 'elsewhere')), at('link'));
    for (const name of ['pictures', 'link', '..', '../elsewhere', 'none', ''])
      await expect(runs(['clean', 'one', name], { yes: true })).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING' });
    expect(existsSync(at('one'))).toBe(true);
    expect(await textOf('clean', 'one')).toMatch(/^one: would remove the whole run/);
    expect(existsSync(at('one'))).toBe(true);
    expect(await runs(['clean', 'one', 'one'], { yes: true, json: true })).toBe(0);
    expect(readdirSync(join(current.folder, 'runs')).sort()).toEqual(['link', 'pictures', 'two']);
  });

  it('removes a run of a process that was killed, and does not follow its links', async () => {
    const run = await makeRun(at('killed'));
    writeFileSync(join(run, '.lock'), abandonedLock);
    const precious = join(current.folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), 'mine');
    symlinkSync(precious, join(run, 'link'));
    expect(await runs(['clean', 'killed'], { yes: true })).toBe(0);
    expect(existsSync(run)).toBe(false);
    expect(readdirSync(precious)).toEqual(['file']);
  });
});

it('ages are told in one unit', () => {
  expect([-5, 40_000, 720_000, 18_000_000, 260_000_000].map(formatAge)).toEqual([
    '0 s',
    '40 s',
    '12 min',
    '5 h',
    '3 d',
  ]);
});
