import { Budget } from './budget.js';
import { extractAnswer } from './extract-answer.js';
import { extractFromText } from './extract/extract.js';
import { wordsOf } from './compare/texts.js';
import { parseAnswer } from './latex/parse-answer.js';
import type { MathRewardSettings } from './settings.js';

/** The answer of a whole response, where the settings say to look for it. */
export function answerOfResponse(response: string, settings: MathRewardSettings): string | undefined {
  return settings.extraction === 'answer-tags' ? extractAnswer(response) : answerAnywhere(response, settings);
}

/** The best answer in any text: boxes, final-answer phrases, formulas, numbers, option letters. */
export function answerAnywhere(text: string, settings: MathRewardSettings): string | undefined {
  const readable = (answer: string): boolean => {
    if (settings.targets.includes('string') || wordsOf(answer) !== undefined) return true;
    if (answer.length > settings.maxLength) return false;
    return (
      parseAnswer(
        answer,
        { maxDepth: settings.maxDepth, lenient: settings.repairPrediction },
        new Budget(settings.maxSteps),
      ).expression !== undefined
    );
  };
  return extractFromText(text, settings, readable);
}
