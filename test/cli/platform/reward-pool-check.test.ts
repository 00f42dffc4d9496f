import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRewardPool } from '../../../cli/platform/reward-pool.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import { until } from '../../support/until.js';

const pools: RewardPool[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

/** A pool for a reward with the given methods beside `grade`. */
async function poolWith(
  methods: string,
  options: { readonly timeoutMs?: number; readonly hangs?: Int32Array } = {},
): Promise<RewardPool & { check: NonNullable<RewardPool['check']> }> {
  const source = `export default (settings) => ({
    name: 'probe',
    grade: (group) => group.map(() => ({ value: settings.value, verdict: 'wrong' })),
    ${methods}
  });`;
  const pool = await createRewardPool(
    { moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`, settings: { value: 3, hangs: options.hangs } },
    { workers: 2, timeoutMs: options.timeoutMs ?? 600_000 },
  );
  pools.push(pool);
  return pool as Awaited<ReturnType<typeof poolWith>>;
}

const problems = (...answers: string[]) => answers.map((answer, i) => ({ id: `p${i}`, prompt: 'Q', answer }));

describe('checking gold answers in the pool', () => {
  it('asks the reward about each problem, in order, over several threads', async () => {
    const pool = await poolWith(
      `checkAnswer: ({ answer }) => Number(answer) % 2 === settings.value % 2
        ? { gradable: true }
        : { gradable: false, reason: answer + ' is even' }`,
    );
    const checks = await pool.check(problems(...Array.from({ length: 200 }, (_, i) => String(i))));
    expect(checks).toEqual(
      Array.from({ length: 200 }, (_, i) =>
        i % 2 === 1 ? { gradable: true } : { gradable: false, reason: `${i} is even` },
      ),
    );
    expect(await pool.check([])).toEqual([]);
    expect(
      (
        await pool.grade([{ index: 0, problem: problems('1')[0]!, text: '', stopReason: 'stop', responseLength: 0 }])
      )[0]!.value,
    ).toBe(3);
  });

  it('has no opinion when the reward has none', async () => {
    expect(await (await poolWith('')).check(problems('1'))).toBeUndefined();
  });

  it('takes an answer that hangs or crashes the thread for one that cannot be graded, and continues', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hangs = new Int32Array(new SharedArrayBuffer(4));
    const pool = await poolWith(
      `checkAnswer: ({ answer }) => {
        if (answer === 'hang') for (Atomics.add(settings.hangs, 0, 1); ; );
        if (answer === 'die') process.exit(1);
        return { gradable: true };
      }`,
      { timeoutMs: 300, hangs },
    );
    const checks = pool.check(problems('1', 'hang', '2', 'die', '3'));
    for (const attempt of [1, 2]) {
      await until(() => Atomics.load(hangs, 0) === attempt);
      // One limit in which the thread was seen to work, and one in which it was not.
      await vi.advanceTimersByTimeAsync(600);
    }
    expect(await checks).toEqual([
      { gradable: true },
      { gradable: false, reason: 'it was not read in time' },
      { gradable: true },
      { gradable: false, reason: 'reading it ended the grading thread' },
      { gradable: true },
    ]);
  });

  it.each([
    ['throws', '() => { throw new Error("no"); }', /failed on problem "p0": no/],
    ['says nothing', '() => undefined', /did not say whether the answer of problem "p0"/],
    ['gives no reason', '() => ({ gradable: false })', /did not say/],
  ])('is an error of the reward when it %s', async (_, method, message) => {
    await expect((await poolWith(`checkAnswer: ${method}`)).check(problems('1'))).rejects.toMatchObject({
      code: 'ORZ_REWARD_INVALID',
      message: expect.stringMatching(message),
    });
  });
});
