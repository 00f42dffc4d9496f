import type { Verdict } from '../contracts/data.js';
import { passAtK } from '../recipe/pass-at-k.js';
import { answerKey } from './answer-key.js';
import { statisticsInputError } from './errors.js';
import { clusteredMean, type Estimate, meanEstimate, shareEstimate } from './intervals.js';
import { type AnswerClass, majorityAtK } from './majority.js';
import type { EvaluationStatistics } from './results.js';

/** What the statistics need of one response. */
export interface GradedResponse {
  /** In [0, 1] in an evaluation; any finite number in training. */
  readonly reward: number;
  /** `correct` makes a response right for pass@k, maj@k and the lengths. */
  readonly verdict: Verdict;
  /** The answer that the reward found. */
  readonly answer?: string | undefined;
  /** Whether it ended at the limit; null where another tool does not say. */
  readonly truncated: boolean | null;
  /** Whether it has the form that the template asks for; absent where the template has none. */
  readonly wellFormed?: boolean | undefined;
  /** Tokens of the policy; null where a server does not say. */
  readonly tokens: number | null;
}

/** The responses to one question. */
export type QuestionResponses = readonly GradedResponse[];

const isRight = ({ verdict }: GradedResponse): boolean => verdict === 'correct';

/**
 * Statistics of the responses to a whole benchmark, each with its 95 % interval over questions. k runs through the
 * powers of two below the number of samples, and that number; where questions have unequal numbers, the smallest.
 * Throws ORZ_INTERNAL without questions, or for a question without responses.
 */
export function summarise(questions: readonly QuestionResponses[]): EvaluationStatistics {
  const fewest = questions.reduce((least, responses) => Math.min(least, responses.length), Infinity);
  if (!(fewest >= 1 && fewest < Infinity)) throw statisticsInputError('Every question needs a response', fewest);
  const counts = ksUpTo(fewest);
  const hasForm = questions.every((responses) => responses.every(({ wellFormed }) => wellFormed !== undefined));
  const knowsEnd = questions.every((responses) => responses.every(({ truncated }) => truncated !== null));
  return {
    mean: meanReward(questions),
    passAtK: passes(questions, counts),
    majorityAtK: majorities(questions, counts),
    wellFormed: hasForm ? shareWhere(questions, ({ wellFormed }) => wellFormed === true) : null,
    truncated: knowsEnd ? shareWhere(questions, ({ truncated }) => truncated === true) : null,
    noAnswer: shareWhere(questions, ({ verdict }) => verdict === 'no-answer'),
    lengthRight: meanLength(questions, isRight),
    lengthWrong: meanLength(questions, (response) => !isRight(response)),
  };
}

/** 1, 2, 4, …, n; n is there even if it is no power of two. */
export function ksUpTo(samples: number): number[] {
  const counts = [];
  for (let k = 1; k < samples; k *= 2) counts.push(k);
  return [...counts, samples];
}

/** A reward outside [0, 1] is not a share, so its mean has the interval of a t-test. */
function meanReward(questions: readonly QuestionResponses[]): Estimate {
  const means = questions.map((responses) => meanOf(responses, ({ reward }) => reward));
  const isShare = questions.every((responses) => responses.every(({ reward }) => reward >= 0 && reward <= 1));
  return isShare ? shareEstimate(means, responseCount(questions)) : meanEstimate(means);
}

function shareWhere(questions: readonly QuestionResponses[], holds: (response: GradedResponse) => boolean): Estimate {
  const shares = questions.map((responses) => meanOf(responses, (response) => (holds(response) ? 1 : 0)));
  return shareEstimate(shares, responseCount(questions));
}

function passes(questions: readonly QuestionResponses[], counts: readonly number[]) {
  const right = questions.map((responses) => responses.filter(isRight).length);
  return counts.map((k) => {
    const shares = questions.map((responses, i) => passAtK(responses.length, right[i] ?? 0, k));
    return { k, ...shareEstimate(shares, responseCount(questions) / k) };
  });
}

/** Few questions differ in how their votes fall, so a vote counted once serves all of them. */
function majorities(questions: readonly QuestionResponses[], counts: readonly number[]) {
  const votes = questions.map((responses) => ({ classes: answerClasses(responses), samples: responses.length }));
  return counts.map((k) => {
    const known = new Map<string, number>();
    const shares = votes.map(({ classes, samples }) => {
      const key = [samples, ...classes.map(({ count, right }) => (right ? -count : count))].join();
      const share = known.get(key) ?? majorityAtK(classes, samples, k);
      known.set(key, share);
      return share;
    });
    return { k, ...shareEstimate(shares, responseCount(questions) / k) };
  });
}

/**
 * Responses by their answers. Right ones are one class, since each equals the gold answer by the verifier; wrong ones
 * are told apart by {@link answerKey}, and stand in order of size. Without an answer a right response still votes, a
 * wrong one does not.
 */
export function answerClasses(responses: QuestionResponses): AnswerClass[] {
  const wrong = new Map<string, number>();
  for (const { answer, verdict } of responses) {
    if (answer === undefined || answer.trim() === '' || verdict === 'correct') continue;
    const key = answerKey(answer);
    wrong.set(key, (wrong.get(key) ?? 0) + 1);
  }
  const right = responses.filter(isRight).length;
  const sizes = [...wrong.values()].sort((a, b) => a - b);
  const classes = sizes.map((count) => ({ count, right: false }));
  return right > 0 ? [{ count: right, right: true }, ...classes] : classes;
}

function meanLength(
  questions: readonly QuestionResponses[],
  counts: (response: GradedResponse) => boolean,
): Estimate | null {
  const lengths = questions.map((responses) => responses.filter(counts).map(({ tokens }) => tokens));
  return clusteredMean(lengths.map((tokens) => tokens.filter((count) => count !== null)));
}

const responseCount = (questions: readonly QuestionResponses[]): number =>
  questions.reduce((total, { length }) => total + length, 0);

const meanOf = (responses: QuestionResponses, value: (response: GradedResponse) => number): number =>
  responses.reduce((total, response) => total + value(response), 0) / responses.length;
