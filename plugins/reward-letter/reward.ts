import type { RewardResult } from '../../core/contracts/data.js';
import type { AnswerCheck, GradableRollout, Reward } from '../../core/contracts/reward.js';
import { findLetter } from './find-letter.js';
import { letterRewardSettings } from './settings.js';

/** 1 for a finished response that chooses the option of the gold answer, else 0. */
export default function createReward(settings: unknown = {}): Reward {
  const { options } = letterRewardSettings.parse(settings);
  return {
    name: 'letter',
    independent: true,
    grade: (group) => group.map((rollout) => gradeRollout(rollout, options)),
    checkAnswer: ({ answer }) => checkGold(answer, options),
  };
}

function gradeRollout({ problem, text, stopReason }: GradableRollout, options: number): RewardResult {
  const answer = findLetter(text, options);
  if (stopReason === 'length') return { value: 0, verdict: 'truncated', ...(answer !== undefined && { answer }) };
  if (answer === undefined) return { value: 0, verdict: 'no-answer' };
  const isRight = answer === goldLetter(problem.answer);
  return { value: isRight ? 1 : 0, verdict: isRight ? 'correct' : 'wrong', answer };
}

/** `B` for `B`, `(B)` or `b`. */
const goldLetter = (gold: string): string => gold.replace(/[\s().]/g, '').toUpperCase();

function checkGold(gold: string, options: number): AnswerCheck {
  const letter = goldLetter(gold);
  const isOption = letter.length === 1 && letter >= 'A' && letter.charCodeAt(0) < 65 + options;
  return isOption ? { gradable: true } : { gradable: false, reason: 'it is not the letter of an option' };
}
