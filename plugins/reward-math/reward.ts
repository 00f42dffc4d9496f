import type { RewardResult, StopReason } from '../../core/contracts/data.js';
import type { AnswerCheck, GradableRollout, Reward } from '../../core/contracts/reward.js';
import { answerOfResponse } from './answers.js';
import { parseSettings } from './read-config.js';
import type { MathRewardSettings } from './settings.js';
import { verify } from './verify.js';

/** The reward of the ORZ recipe: 1 for a finished response whose boxed answer equals the gold answer, else 0. */
export default function createReward(settings: unknown = {}): IndependentReward {
  const checked = parseSettings(settings);
  return {
    name: 'math',
    independent: true,
    grade: (group) => group.map((rollout) => gradeRollout(rollout, checked)),
    checkAnswer: ({ answer }) => checkGold(answer, checked),
  };
}

/** Rollouts do not influence each other, so a pool may grade them one at a time and give up one without the rest. */
type IndependentReward = Reward & { readonly independent: true };

function gradeRollout(rollout: GradableRollout, settings: MathRewardSettings): RewardResult {
  return gradeResponse(rollout.problem.answer, rollout.text, rollout.stopReason, settings);
}

/** Grades one whole response against a gold answer. */
export function gradeResponse(
  gold: string,
  response: string,
  stopReason: StopReason,
  settings: MathRewardSettings,
): RewardResult {
  const answer = answerOfResponse(response, settings);
  if (stopReason === 'length') return { value: 0, verdict: 'truncated', ...(answer !== undefined && { answer }) };
  if (answer === undefined || answer.trim() === '') return { value: 0, verdict: 'no-answer' };
  return gradeAnswer(gold, answer, settings);
}

/**
 * Whether a response that gives exactly the gold answer would be right, by more than being the same text: then other
 * ways to write it are right too.
 */
export function checkGold(gold: string, settings: MathRewardSettings): AnswerCheck {
  const { verdict, answer, detail } = gradeResponse(
    gold,
    `</think> <answer>\\boxed{${gold}}</answer>`,
    'stop',
    settings,
  );
  if (answer === undefined) return { gradable: false, reason: 'it cannot be put into a box' };
  if (isCorrupt(gold)) return { gradable: false, reason: 'a control character in it was a backslash command once' };
  const rule = typeof detail?.['rule'] === 'string' ? detail['rule'] : verdict;
  if (verdict !== 'correct') return { gradable: false, reason: `it is not found equal to itself (${rule})` };
  return rule === 'same text'
    ? { gradable: false, reason: 'it cannot be read: only the same text would be right' }
    : { gradable: true };
}

/**
 * Whether the text was LaTeX whose backslashes were taken for escapes: \frac leaves a form feed and "rac", \text a tab
 * and "ext". Tabs and line ends count only before the rest of such a command.
 */
function isCorrupt(gold: string): boolean {
  return (
    gold.split('').some((char, at) => isControl(char) && /[a-zA-Z]/.test(gold.charAt(at + 1))) ||
    brokenCommand.test(gold)
  );
}

/** A control character that is no tab and no line end. */
function isControl(char: string): boolean {
  const code = char.charCodeAt(0);
  return (code < 0x20 && char !== '\t' && char !== '\n' && char !== '\r') || code === 0x7f;
}

const brokenCommand = new RegExp(
  String.raw`\t(?=ext|imes|heta|an\b|frac|au\b|o\b|herefore|riangle)|\n(?=e\b|eq|u\b|abla|ot\b|mid)` +
    String.raw`|\r(?=ight|ho\b|angle|floor|ceil|brace|m\b)`,
);

/** Grades an answer that has been extracted already. */
export function gradeAnswer(gold: string, answer: string, settings: MathRewardSettings): RewardResult {
  const { verdict, ...detail } = verify(gold, answer, settings);
  return { value: verdict === 'correct' ? 1 : 0, verdict, answer, detail };
}
