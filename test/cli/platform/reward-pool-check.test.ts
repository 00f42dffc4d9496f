import { afterEach, describe, expect, it } from 'vitest';
import { createRewardPool } from '../../../cli/platform/reward-pool.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';

const pools: RewardPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.dispose()));
});

/** A pool for a reward with the given methods beside `grade`. */
async function poolWith(
  methods: string,
  timeoutMs = 10_000,
): Promise<RewardPool & { check: NonNullable<RewardPool['check']> }> {
  const source = `export default (settings) => ({
    name: 'probe',
    grade: (group) => group.map(() => ({ value: settings.value, verdict: 'wrong' })),
    ${methods}
  });`;
  const pool = await createRewardPool(
    { moduleUrl: `data:text/javascript,${encodeURIComponent(source)}`, settings: { value: 3 } },
    { workers: 2, timeoutMs },
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

  it(
    'takes an answer that hangs or crashes the thread for one that cannot be graded, and continues',
    { timeout: 60_000 },
    async () => {
      const pool = await poolWith(
        `checkAnswer: ({ answer }) => {
        if (answer === 'hang') for (;;);
        if (answer === 'die') process.exit(1);
        return { gradable: true };
      }`,
        1000,
      );
      expect(await pool.check(problems('1', 'hang', '2', 'die', '3'))).toEqual([
        { gradable: true },
        { gradable: false, reason: 'it was not read in time' },
        { gradable: true },
        { gradable: false, reason: 'reading it ended the grading thread' },
        { gradable: true },
      ]);
    },
  );

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
