import { describe, expect, it } from 'vitest';
import { advantageConformance, rewardConformance, type ConformanceCheck } from '../../../core/conformance/index.js';
import type { Advantage } from '../../../core/contracts/advantage.js';
import type { Reward } from '../../../core/contracts/reward.js';

/**
 * Titles of the checks that an implementation fails, each with ORZ_PLUGIN_INVALID or the error of the implementation.
 */
async function failures(checks: readonly ConformanceCheck[]): Promise<string[]> {
  const failed: string[] = [];
  for (const check of checks) await check.run().catch(() => failed.push(check.title));
  return failed;
}

const rewardToken: Advantage = {
  name: 'sound',
  needsCritic: false,
  estimate: ({ tokenRewards, rewards }) => ({
    advantages: tokenRewards.map((row, b) => row.map(() => rewards[b]!)),
    returns: tokenRewards.map((row, b) => row.map(() => rewards[b]!)),
  }),
};
const broken = (
  estimate: (
    batch: Parameters<Advantage['estimate']>[0],
    sound: ReturnType<Advantage['estimate']>,
  ) => ReturnType<Advantage['estimate']>,
) =>
  failures(
    advantageConformance(() => ({ ...rewardToken, estimate: (batch) => estimate(batch, rewardToken.estimate(batch)) })),
  );

describe('the advantage suite', () => {
  it('passes a sound estimator', async () => {
    expect(await failures(advantageConformance(() => rewardToken))).toEqual([]);
  });

  it('finds wrong shapes, NaN, shared memory, dependence on order or on earlier calls, and a wrong sign', async () => {
    const title = (part: string): unknown => expect.stringContaining(part);
    expect(await broken((_, { advantages, returns }) => ({ advantages: advantages.slice(1), returns }))).toContainEqual(
      title('per response token'),
    );
    expect(
      await broken((_, { advantages, returns }) => ({
        advantages: advantages.map((row) => row.map(() => Number.NaN)),
        returns,
      })),
    ).toContainEqual(title('per response token'));
    expect(await broken(({ tokenRewards }, { returns }) => ({ advantages: [...tokenRewards], returns }))).toEqual([
      title('share memory'),
    ]);
    expect(
      await broken((_, { advantages, returns }) => ({
        advantages: advantages.map((row, b) => row.map((x) => x + b / 8)),
        returns,
      })),
    ).toEqual([title('order of the rollouts')]);
    let calls = 0;
    expect(
      await broken((_, { advantages, returns }) => {
        const shift = calls++;
        return { advantages: advantages.map((row) => row.map((x) => x + shift)), returns };
      }),
    ).toContainEqual(title('asked again'));
    expect(
      await broken((_, { advantages, returns }) => ({
        advantages: advantages.map((row) => row.map((x) => -x)),
        returns,
      })),
    ).toEqual([title('prefers the rewarded')]);
  });
});

const sound: Reward = {
  name: 'sound',
  grade: (group) =>
    group.map(({ text }) => ({ value: text.includes('2') ? 1 : 0, verdict: text.includes('2') ? 'correct' : 'wrong' })),
};

describe('the reward suite', () => {
  it('passes a sound reward', async () => {
    expect(await failures(rewardConformance(() => sound))).toEqual([]);
  });

  it('finds throwing, missing results, NaN, unknown verdicts, memory between calls and changed rollouts', async () => {
    const run = (grade: Reward['grade']): Promise<string[]> =>
      failures(rewardConformance(() => ({ name: 'broken', grade })));
    expect(
      await run((group) => {
        if (group.some(({ text }) => text.includes('\0'))) throw new Error('odd text');
        return sound.grade(group);
      }),
    ).toContain('does not throw, whatever a model wrote');
    expect(
      await run((group) => {
        if (group[0]?.problem.answer === '') throw new Error('no gold');
        return sound.grade(group);
      }),
    ).toEqual(['does not throw, whatever the gold answer contains']);
    expect(await run(() => [])).toContain('grades a group of one and an empty group');
    expect(
      await run((group) =>
        group.map(({ stopReason }) => ({ value: stopReason === 'length' ? Number.NaN : 0, verdict: 'wrong' })),
      ),
    ).toEqual(['grades responses that were cut by length']);
    expect(await run((group) => group.map(() => ({ value: 0, verdict: 'perhaps' as 'wrong' })))).toContain(
      'gives one finite reward with a known verdict per rollout, as plain data',
    );
    let calls = 0;
    expect(
      await run((group) => {
        calls++;
        return group.map(() => ({ value: calls, verdict: 'wrong' }));
      }),
    ).toEqual(['gives the same rewards when asked again, by the same grader or another']);
    expect(
      await run((group) =>
        group.map((rollout) => {
          (rollout as { text: string }).text = '';
          return { value: 0, verdict: 'wrong' };
        }),
      ),
    ).toContain('does not change the rollouts');
  });
});
