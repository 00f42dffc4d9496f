import type { RewardResult, StopReason } from '../../core/contracts/data.js';
import type { GradableRollout, Reward } from '../../core/contracts/reward.js';
import { answerOfResponse } from './answers.js';
import { parseSettings } from './read-config.js';
import type { MathRewardSettings } from './settings.js';
import { verify } from './verify.js';

/** The reward of the ORZ recipe: 1 for a finished response whose boxed answer equals the gold answer, else 0. */
export default function createReward(settings: unknown = {}): IndependentReward {
  const checked = parseSettings(settings);
  return { name: 'math', independent: true, grade: (group) => group.map((rollout) => gradeRollout(rollout, checked)) };
}

/** Rollouts do not influence each other, so a pool may grade them one at a time and give up one without the rest. */
type IndependentReward = Reward & { readonly independent: true };

function gradeRollout(rollout: GradableRollout, settings: MathRewardSettings): RewardResult {
  return gradeResponse(rollout.problem.answer, rollout.text, rollout.stopReason, settings);
}

/** Grades one whole response against a gold answer. */
export function gradeResponse(gold: string, response: string, stopReason: StopReason, settings: MathRewardSettings): RewardResult {
  const answer = answerOfResponse(response, settings);
  if (stopReason === 'length') return { value: 0, verdict: 'truncated', ...(answer !== undefined && { answer }) };
  if (answer === undefined || answer.trim() === '') return { value: 0, verdict: 'no-answer' };
  return gradeAnswer(gold, answer, settings);
}

/** Grades an answer that has been extracted already. */
export function gradeAnswer(gold: string, answer: string, settings: MathRewardSettings): RewardResult {
  const { verdict, ...detail } = verify(gold, answer, settings);
  return { value: verdict === 'correct' ? 1 : 0, verdict, answer, detail };
}
