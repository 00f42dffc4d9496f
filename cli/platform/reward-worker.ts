import { zip } from '../../core/arrays.js';
import { answerCheck, rewardResult } from '../../core/boundary/contracts/rewards.js';
import { describeValue } from '../../core/boundary/safe-text.js';
import type { RewardResult } from '../../core/contracts/data.js';
import type { AnswerCheck, GradableRollout, Reward } from '../../core/contracts/reward.js';
import type { RewardFacts } from './reward-pool.js';
import { InvalidResult, serve, shaped } from './worker-host.js';

/** A grading thread. */
await serve<Reward>({
  part: 'reward',
  code: 'ORZ_REWARD_INVALID',
  needs: 'name and grade',
  isUsable: (reward) => typeof reward?.grade === 'function',
  facts: (reward): RewardFacts => ({
    independent: (reward as { independent?: unknown }).independent === true,
    checks: typeof reward.checkAnswer === 'function',
  }),
  work: (reward, method, items) => resultsOf(reward, method, items as readonly GradableRollout[]),
});

async function resultsOf(
  reward: Reward,
  method: string,
  rollouts: readonly GradableRollout[],
): Promise<readonly (RewardResult | AnswerCheck)[]> {
  if (method === 'check') return Promise.all(rollouts.map((rollout) => checkAnswer(reward, rollout)));
  return checked(await reward.grade(rollouts), rollouts, reward.name);
}

/** One result for every rollout: a number in the range of rewards, a known verdict, and details that are plain JSON. */
function checked(results: unknown, rollouts: readonly GradableRollout[], name: string): readonly RewardResult[] {
  const where = `the reward "${name}" on problem "${rollouts[0]?.problem.id}"`;
  if (!Array.isArray(results) || results.length !== rollouts.length) {
    const returned = Array.isArray(results) ? results.length : describeValue(results);
    throw new InvalidResult(`${where} returned ${returned} results for ${rollouts.length} rollouts`);
  }
  return Array.from(zip(results as unknown[], rollouts), ([result, { index }]) =>
    shaped(`${where}, rollout ${index}, returned`, () => rewardResult(result, '') as RewardResult),
  );
}

async function checkAnswer(reward: Reward, { problem }: GradableRollout): Promise<AnswerCheck> {
  const check: unknown = await reward.checkAnswer?.(problem);
  const context = `the reward "${reward.name}" did not say whether the answer of problem "${problem.id}" is gradable:`;
  return shaped(context, () => answerCheck(check, '') as AnswerCheck);
}
