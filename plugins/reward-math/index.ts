/**
 * `open-reasoner-zero/math`: the verifier of the `math` reward on its own, for programs that only want to grade. It
 * needs zod and nothing else of the package's dependencies, starts no thread, and reads neither clock nor files.
 */
import type * as z from 'zod';
import type { RewardResult, StopReason } from '../../core/contracts/data.js';
import type { Reward } from '../../core/contracts/reward.js';
import { answerOfResponse } from './answers.js';
import { parseSettings } from './read-config.js';
import createReward, { gradeResponse as gradeWithSettings } from './reward.js';
import type { mathRewardSettings, MathRewardSettings } from './settings.js';
import { verify as verifyWithSettings, type Verification } from './verify.js';

export type { AnswerCheck, GradableRollout, Reward } from '../../core/contracts/reward.js';
export type { Problem, RewardResult, StopReason, Verdict } from '../../core/contracts/data.js';
export type { MathRewardSettings, Verification };

/** Settings of the reward, each optional; docs/reward.md lists them with their defaults. */
export type MathOptions = z.input<typeof mathRewardSettings>;

/** Settings of the reward, and how the response came to its end. */
export interface ResponseOptions extends MathOptions {
  /** `length` for a response that a token limit cut off: it is `truncated` and worth 0. Default: `stop`. */
  readonly stopReason?: StopReason;
}

/**
 * Compares two answers that are bare already: LaTeX or plain text, as in the field `answer` of a data set.
 *
 * @param gold the right answer; its form decides how the prediction is read, so the two are not interchangeable
 * @param prediction the answer to judge, for example what {@link extractAnswer} returned
 * @param options settings that differ from the defaults
 * @returns the verdict (`correct`, `wrong` or `undecidable`), the rule that decided, and both answers in normal form
 * @throws OrzError ORZ_CONFIG_INVALID for settings that do not exist or are out of range; never for a text
 */
export function verify(gold: string, prediction: string, options?: MathOptions): Verification {
  return verifyWithSettings(gold, prediction, parseSettings(options));
}

/**
 * Grades a whole response as training does: finds its answer and compares it with gold.
 *
 * By default the answer must be a box between answer tags (`<answer>\boxed{…}</answer>`), as in the recipe; the option
 * `extraction: 'anywhere'` takes the best candidate of an ordinary chat answer.
 *
 * @param gold the right answer, bare
 * @param response what the model wrote, prompt not included
 * @param options settings that differ from the defaults, and the stop reason
 * @returns value (1 or 0), verdict, the answer found (absent if there was none), and the rule that decided
 * @throws OrzError ORZ_CONFIG_INVALID for settings that do not exist or are out of range; never for a text
 */
export function gradeResponse(gold: string, response: string, options: ResponseOptions = {}): RewardResult {
  const { stopReason = 'stop', ...settings } = options;
  return gradeWithSettings(gold, response, stopReason, parseSettings(settings));
}

/**
 * The answer of a response, where the options say to look for it; the default is the last box between answer tags.
 *
 * @param response what the model wrote, prompt not included
 * @param options settings that differ from the defaults; those named `extraction`, `targets`, `boxedPriority`,
 *   `firstMatchOnly`, `strings` and `lowercase` matter here
 * @returns the text of the answer as it was written; undefined if there is none
 * @throws OrzError ORZ_CONFIG_INVALID for settings that do not exist or are out of range; never for a text
 */
export function extractAnswer(response: string, options?: MathOptions): string | undefined {
  return answerOfResponse(response, parseSettings(options));
}

/**
 * The reward as training uses it: grades responses to one problem together. The settings are checked once, here.
 *
 * @param options settings that differ from the defaults
 * @returns a reward whose results never depend on each other; its methods never throw for a text
 * @throws OrzError ORZ_CONFIG_INVALID for settings that do not exist or are out of range
 */
export function createMathReward(options?: MathOptions): MathReward {
  // One call for all: the types of the contract leave open what this reward does at once.
  return createReward(options) as MathReward;
}

/** The contract `Reward` as this reward keeps it: results come at once, and it can check gold answers. */
export interface MathReward extends Reward {
  readonly name: 'math';
  readonly independent: true;
  grade(group: Parameters<Reward['grade']>[0]): readonly RewardResult[];
  checkAnswer: NonNullable<Reward['checkAnswer']>;
}
