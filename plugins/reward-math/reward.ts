import type { RewardResult } from '../../core/contracts/data.js';
import type { GradableRollout, Reward } from '../../core/contracts/reward.js';
import { OrzError } from '../../core/errors.js';
import { answerOfResponse } from './answers.js';
import { mathRewardSettings, type MathRewardSettings } from './settings.js';
import { verify } from './verify.js';

/** The reward of the ORZ recipe: 1 for a finished response whose boxed answer equals the gold answer, else 0. */
export default function createReward(settings: unknown = {}): IndependentReward {
  const checked = parseSettings(settings);
  return { name: 'math', independent: true, grade: (group) => group.map((rollout) => gradeRollout(rollout, checked)) };
}

/** Rollouts do not influence each other, so a pool may grade them one at a time and give up one without the rest. */
type IndependentReward = Reward & { readonly independent: true };

/** Fills in defaults and names what is wrong. */
export function parseSettings(settings: unknown): MathRewardSettings {
  const parsed = mathRewardSettings.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new OrzError('ORZ_CONFIG_INVALID', `The math reward cannot use its settings: ${issue.message}`, {
    origin: `reward settings, ${issue.path.join('.') || 'top level'}`,
    allowed: Object.keys(mathRewardSettings.shape),
    remedy: 'See docs/reward.md for every setting and its default.',
    cause: parsed.error,
  });
}

function gradeRollout(rollout: GradableRollout, settings: MathRewardSettings): RewardResult {
  const answer = answerOfResponse(rollout.text, settings);
  if (rollout.stopReason === 'length') {
    return answer === undefined ? { value: 0, verdict: 'truncated' } : { value: 0, verdict: 'truncated', answer };
  }
  if (answer === undefined || answer.trim() === '') return { value: 0, verdict: 'no-answer' };
  const { verdict, ...detail } = verify(rollout.problem.answer, answer, settings);
  return { value: verdict === 'correct' ? 1 : 0, verdict, answer, detail };
}
