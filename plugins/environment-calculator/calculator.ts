import type { Environment, EnvironmentStep } from '../../core/contracts/environment.js';
import { calculatorTags } from '../../core/recipe/calculator-tags.js';
import { calculatorSettings } from './settings.js';

const { opening, closing } = calculatorTags;

/** More terms than any problem has, few enough to be read at once. */
const largestCall = 64;

/** A call at the end of a turn: a sum of numbers below 100. */
const callAtEnd = new RegExp(`${opening}(\\d{1,2}(?:\\+\\d{1,2}){0,${largestCall - 1}})${closing}$`);

/**
 * A calculator for the sums of `orz-tiny`. The policy writes `<calc>3+5+9</calc>` in its thinking, which ends its turn,
 * and goes on behind the answer, `17`. What stands between the tags and is no sum gets no answer: the policy goes on
 * behind its own words. A turn that ends otherwise is the last.
 */
export default function createCalculator(settings: unknown): Environment {
  const { maxTurns } = calculatorSettings.parse(settings);
  return { name: 'calculator', stop: [closing], maxTurns, reset: () => ({ step: ({ text }) => answerTo(text) }) };
}

function answerTo(text: string): EnvironmentStep {
  if (!text.endsWith(closing)) return { done: true };
  const [, sum] = callAtEnd.exec(text) ?? [];
  return { done: false, observation: sum === undefined ? '' : String(totalOf(sum)) };
}

const totalOf = (sum: string): number => sum.split('+').reduce((total, term) => total + Number(term), 0);
