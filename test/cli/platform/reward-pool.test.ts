import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRewardPool, type RewardPoolOptions } from '../../../cli/platform/reward-pool.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { GradableRollout } from '../../../core/contracts/reward.js';
import { until } from '../../support/until.js';

const pools: RewardPool[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

/** What the test and the grading threads share: calls of `grade` that have begun, and how many of them may end. */
const begun = new Int32Array(new SharedArrayBuffer(4));
const allowed = new Int32Array(new SharedArrayBuffer(4));
beforeEach(() => {
  begun[0] = allowed[0] = 0;
});

/** Lets the first `calls` calls of a reward with the body `waiting` end. */
const allow = (calls: number): void => {
  Atomics.store(allowed, 0, calls);
  Atomics.notify(allowed, 0);
};
const waiting = `const call = Atomics.add(settings.begun, 0, 1);
  for (let now; (now = Atomics.load(settings.allowed, 0)) <= call; ) Atomics.wait(settings.allowed, 0, now);`;
const fakeTime = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
};

/** A pool for a reward whose `grade` has the given body; `state` survives between calls on one thread. */
async function poolFor(body: string, options: Partial<RewardPoolOptions> = {}, extra = ''): Promise<RewardPool> {
  const source = `import { threadId } from 'node:worker_threads'; const state = {};
    export default (settings) => ({ name: 'probe', ${extra} async grade(group) { ${body} } });`;
  const pool = await createRewardPool(
    { moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`, settings: { bonus: 2, begun, allowed } },
    { workers: 2, timeoutMs: 600_000, ...options },
  );
  pools.push(pool);
  return pool;
}

const rollouts = (...texts: string[]): GradableRollout[] =>
  texts.map((text, index) => ({
    index,
    text,
    problem: { id: 'p/1', prompt: '', answer: '7' },
    stopReason: 'stop',
    responseLength: text.length,
  }));

const grade1 =
  'const right = (r) => r.text === r.problem.answer;' +
  "return group.map((r) => ({ value: right(r) ? 1 : 0, verdict: right(r) ? 'correct' : 'wrong' }));";
const single = 'independent: true,';

describe('the pool of grading threads', () => {
  it('keeps the order of the group and hands settings to the factory', async () => {
    const pool = await poolFor(
      "return group.map((r) => ({ value: Number(r.text) + settings.bonus, verdict: 'wrong' }));",
    );
    expect((await pool.grade(rollouts('5', '1', '3'))).map((r) => r.value)).toEqual([7, 3, 5]);
    expect(pool.stats).toEqual({ timeouts: 0, crashes: 0, retries: 0 });
  });

  it('gives a whole group to a reward that compares rollouts, single ones to an independent reward', async () => {
    const body = "return group.map(() => ({ value: group.length, verdict: 'wrong' }));";
    expect((await (await poolFor(body)).grade(rollouts('a', 'b', 'c'))).map((r) => r.value)).toEqual([3, 3, 3]);
    expect((await (await poolFor(body, {}, single)).grade(rollouts('a', 'b', 'c'))).map((r) => r.value)).toEqual([
      1, 1, 1,
    ]);
  });

  it('gives the same results for many groups at once as for one at a time', async () => {
    const pool = await poolFor(grade1);
    const groups = Array.from({ length: 200 }, (_, k) => rollouts(String(k % 10), '7', 'x'));
    const together = await Promise.all(groups.map((group) => pool.grade(group)));
    for (const [k, group] of groups.entries()) expect(await pool.grade(group)).toEqual(together[k]);
  });

  it('gives up a thread that does not get ready, and says what it waited for', async () => {
    const source = 'await new Promise(() => setInterval(() => {}, 1000)); export default () => ({})';
    const module = { moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`, settings: {} };
    await expect(createRewardPool(module, { workers: 1, timeoutMs: 1000, startMs: 700 })).rejects.toMatchObject({
      code: 'ORZ_REWARD_WORKER',
      message: expect.stringContaining('waited for it to load the reward'),
    });
  });

  it('stops a rollout that never ends, tries it once more, and keeps all others', async () => {
    fakeTime();
    const incidents: string[] = [];
    const pool = await poolFor(
      `if (group[0].text === 'hang') for (Atomics.add(settings.begun, 0, 1); ; ); ${grade1}`,
      { timeoutMs: 300, onIncident: (m) => incidents.push(m) },
      single,
    );
    const grading = pool.grade(rollouts('7', 'hang', '7', '8'));
    for (const attempt of [1, 2]) {
      await until(() => begun[0] === attempt);
      // One limit in which the thread was seen to work, and one in which it was not.
      await vi.advanceTimersByTimeAsync(600);
    }
    const results = await grading;
    expect(results.map((r) => r.verdict)).toEqual(['correct', 'timeout', 'correct', 'wrong']);
    expect(pool.stats).toEqual({ timeouts: 2, crashes: 0, retries: 1 });
    expect(incidents).toHaveLength(2);
    expect(incidents[0]).toContain('rollout 1');
    expect((await pool.grade(rollouts('7')))[0]!.verdict).toBe('correct');
  });

  it('replaces a thread that dies and gives the rollout up after the second death', async () => {
    const pool = await poolFor(`if (group[0].text === 'die') process.exit(3); ${grade1}`, {}, single);
    expect((await pool.grade(rollouts('7', 'die'))).map((r) => r.verdict)).toEqual(['correct', 'undecidable']);
    expect(pool.stats).toEqual({ timeouts: 0, crashes: 2, retries: 1 });
  });

  it('ends when 32 rollouts in a row are given up, and goes on where some are graded between them', async () => {
    const pool = await poolFor('process.exit(3)', {}, single);
    await expect(pool.grade(rollouts(...Array.from({ length: 40 }, () => 'die')))).rejects.toMatchObject({
      code: 'ORZ_REWARD_WORKER',
      message: 'The reward gave no result for 32 pieces of work in a row',
    });
    expect(pool.stats.crashes).toBe(64);
    const other = await poolFor(`if (group[0].text === 'die') process.exit(3); ${grade1}`, {}, single);
    const mixed = Array.from({ length: 70 }, (_, i) => (i % 2 === 0 ? 'die' : '7'));
    const graded = await other.grade(rollouts(...mixed));
    expect(graded.filter(({ verdict }) => verdict === 'undecidable')).toHaveLength(35);
  }, 120_000);

  it('survives a reward that eats all its memory', async () => {
    const pool = await poolFor(
      `if (group[0].text === 'eat') { const all = []; for (;;) all.push(new Array(1e5).fill(all)); } ${grade1}`,
      { workers: 1, memoryMb: 48 },
      single,
    );
    expect((await pool.grade(rollouts('eat', '7'))).map((r) => r.verdict)).toEqual(['undecidable', 'correct']);
    expect(pool.stats.crashes).toBe(2);
  });

  it('does not count time in the queue', async () => {
    fakeTime();
    const pool = await poolFor(`${waiting} ${grade1}`, { workers: 1, timeoutMs: 1000 }, single);
    const all = Promise.all(Array.from({ length: 12 }, () => pool.grade(rollouts('7'))));
    for (let call = 1; call <= 12; call++) {
      await until(() => begun[0] === call);
      vi.advanceTimersByTime(900);
      allow(call);
    }
    expect((await all).flat().every((r) => r.verdict === 'correct')).toBe(true);
    expect(pool.stats.timeouts).toBe(0);
  });

  it('does not take the time in which the main thread is busy for time in which the thread did nothing', async () => {
    fakeTime();
    const pool = await poolFor(`${waiting} ${grade1}`, { workers: 1, timeoutMs: 1000 }, single);
    const all = pool.grade(rollouts(...Array.from({ length: 12 }, () => '7')));
    for (let call = 2; call <= 12; call += 2) {
      allow(call - 1);
      await until(() => begun[0] === call);
      vi.advanceTimersByTime(1000);
    }
    allow(12);
    expect((await all).every((r) => r.verdict === 'correct')).toBe(true);
    expect(pool.stats.timeouts).toBe(0);
  });

  it.each([
    ['throws', "throw new Error('no luck')", /"probe" failed on problem "p\/1": no luck/],
    ['returns no number', "return group.map(() => ({ value: NaN, verdict: 'wrong' }))", /returned the value NaN/],
    [
      'overflows',
      "return group.map(() => ({ value: 1e308, verdict: 'wrong' }))",
      /value 1e\+308 instead of a number from/,
    ],
    [
      'details a BigInt',
      "return group.map(() => ({ value: 1, verdict: 'wrong', detail: { n: 1n } }))",
      /detail.n the BigInt 1/,
    ],
    ['returns too few results', 'return []', /returned 0 results for 2 rollouts/],
    ['invents a verdict', "return group.map(() => ({ value: 1, verdict: 'splendid' }))", /verdict splendid/],
  ])('names a reward that %s', async (_, body, message) => {
    const pool = await poolFor(body);
    await expect(pool.grade(rollouts('a', 'b'))).rejects.toMatchObject({
      name: 'OrzError',
      code: 'ORZ_REWARD_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses a module that makes no reward, before any work', async () => {
    const make = (moduleUrl: string) => createRewardPool({ moduleUrl, settings: {} }, { workers: 1, timeoutMs: 1000 });
    await expect(make('data:text/javascript,export const x = 1')).rejects.toMatchObject({ code: 'ORZ_REWARD_INVALID' });
    await expect(make('data:text/javascript,export default () => ({})')).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
    });
    await expect(make('file:///nowhere/reward.js')).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      message: expect.stringContaining('nowhere') as string,
    });
    await expect(make('data:text/javascript,process.exit(1)')).rejects.toMatchObject({ code: 'ORZ_REWARD_WORKER' });
  });

  it('takes the export that the module names, so that a plugin and its reward can be one file', async () => {
    const source = `
      export const createReward = () => ({ name: 'x', grade: (g) => g.map(() => ({ value: 5, verdict: 'wrong' })) });
      export default { provides: [] }`;
    const moduleUrl = `data:text/javascript,${encodeURIComponent(source)}`;
    const pool = await createRewardPool(
      { moduleUrl, exportName: 'createReward', settings: {} },
      { workers: 1, timeoutMs: 600_000 },
    );
    pools.push(pool);
    expect((await pool.grade(rollouts('a')))[0]!.value).toBe(5);
    await expect(
      createRewardPool({ moduleUrl, exportName: 'other', settings: {} }, { workers: 1, timeoutMs: 1000 }),
    ).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      message: expect.stringContaining("no export 'other'") as string,
    });
  });

  it('rejects what is left when it is disposed', async () => {
    const pool = await poolFor('await new Promise(() => {})');
    const waiting = [pool.grade(rollouts('a')), pool.grade(rollouts('b')), pool.grade(rollouts('c'))];
    const outcome = Promise.allSettled(waiting);
    await pool.dispose();
    expect((await outcome).every((r) => r.status === 'rejected')).toBe(true);
    await expect(pool.grade(rollouts('d'))).rejects.toMatchObject({ code: 'ORZ_REWARD_WORKER' });
  });

  it('loads a reward written in TypeScript, and the math reward from its sources', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orz-reward-'));
    try {
      writeFileSync(
        join(folder, 'mine.ts'),
        `enum Points { Some = 3 }
        const grade = (group: readonly { text: string }[]) =>
          group.map(() => ({ value: Points.Some as number, verdict: 'correct' as const }));
        export default (settings: unknown) => ({ name: 'mine', grade });`,
      );
      const mine = await createRewardPool(
        { moduleUrl: pathToFileURL(join(folder, 'mine.ts')).href, settings: {} },
        { workers: 1, timeoutMs: 600_000 },
      );
      pools.push(mine);
      expect((await mine.grade(rollouts('x')))[0]!.value).toBe(3);
      const math = await createRewardPool(
        { moduleUrl: new URL('../../../plugins/reward-math/reward.ts', import.meta.url).href, settings: {} },
        { workers: 1, timeoutMs: 600_000 },
      );
      pools.push(math);
      const results = await math.grade(
        rollouts('<answer>\\boxed{\\frac{14}{2}}</answer>', '<answer>\\boxed{8}</answer>', '7'),
      );
      expect(results.map((r) => r.verdict)).toEqual(['correct', 'wrong', 'no-answer']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
