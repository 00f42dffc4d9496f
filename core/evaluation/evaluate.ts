import { elementAt, zip } from '../arrays.js';
import type { Answer, Answerer, AnswerSettings, Question } from '../contracts/answerer.js';
import type { Problem, RewardResult } from '../contracts/data.js';
import type { RewardPool } from '../contracts/reward-pool.js';
import type { GradableRollout } from '../contracts/reward.js';
import { answerTwice, missingAnswers, rewardNoShare, unaskedAnswer } from './errors.js';
import type { ResponseLine } from './results.js';

/** The questions of one benchmark that are still open, and what becomes of the answers. */
export interface EvaluationRequest {
  readonly answerer: Answerer;
  readonly rewards: RewardPool;
  readonly problems: readonly Problem[];
  /** Positions of the problems to ask about. */
  readonly open: readonly number[];
  readonly samples: number;
  readonly settings: AnswerSettings;
  readonly signal: AbortSignal;
  /**
   * Keeps the graded responses of a question, in order of sample, once all of them are there; questions end in no
   * fixed order. Rejecting ends the evaluation with that error.
   */
  readonly keep: (lines: readonly ResponseLine[]) => Promise<void>;
  /** Called as each response ends. */
  readonly onResponse?: () => void;
}

/**
 * Asks all open questions and grades the responses to each as soon as they are complete, while others are still being
 * written. Throws what the answerer throws, the reason of an abort, ORZ_REWARD_INVALID for a reward that is no share.
 */
export async function evaluateQuestions(request: EvaluationRequest): Promise<void> {
  const { answerer, problems, open, samples, settings, signal, onResponse } = request;
  if (open.length === 0) return;
  const numbers = Array.from({ length: samples }, (_, sample) => sample);
  const questions = open.map((index): Question => ({ index, problem: elementAt(problems, index), samples: numbers }));
  const waiting = new WaitingAnswers(questions);
  await answerer.answer(questions, settings, {
    signal,
    onAnswer: async (answer) => {
      const group = waiting.add(answer);
      onResponse?.();
      if (group !== undefined) await request.keep(await graded(group, request));
    },
  });
  waiting.requireAll();
}

/** Answers until all of their question are there. */
class WaitingAnswers {
  private readonly expected: ReadonlyMap<number, number>;
  private readonly groups = new Map<number, Answer[]>();
  private readonly done = new Set<number>();

  constructor(questions: readonly Question[]) {
    this.expected = new Map(questions.map(({ index, samples }) => [index, samples.length]));
  }

  /** All answers to the question, in order, once this was the last of them. */
  add(answer: Answer): readonly Answer[] | undefined {
    const { question, sample } = answer;
    const expected = this.expected.get(question);
    if (expected === undefined || sample < 0 || sample >= expected) throw unaskedAnswer(question, sample);
    const group = this.groups.get(question) ?? [];
    if (this.done.has(question) || group.some((other) => other.sample === sample)) throw answerTwice(question, sample);
    group.push(answer);
    this.groups.set(question, group);
    if (group.length < expected) return undefined;
    this.groups.delete(question);
    this.done.add(question);
    return group.sort((a, b) => a.sample - b.sample);
  }

  requireAll(): void {
    const missing = [...this.expected.keys()].find((question) => !this.done.has(question));
    if (missing !== undefined) throw missingAnswers(missing);
  }
}

async function graded(
  group: readonly Answer[],
  { answerer, problems, rewards, samples }: EvaluationRequest,
): Promise<ResponseLine[]> {
  const problem = elementAt(problems, elementAt(group, 0).question);
  const results = await rewards.grade(group.map((answer) => gradable(answer, problem, samples)));
  const prompt = answerer.promptOf(problem);
  return Array.from(zip(group, results), ([answer, result]) => responseLine(answer, result, { problem, prompt }));
}

const gradable = (
  { question, sample, text, stopReason, responseTokens }: Answer,
  problem: Problem,
  samples: number,
): GradableRollout => ({
  index: question * samples + sample,
  problem,
  text,
  stopReason,
  // Where a server does not count, characters stand for tokens.
  responseLength: responseTokens ?? text.length,
});

/** Always with its keys in this order: equal responses are equal lines. */
function responseLine(
  { question, sample, text, stopReason, responseTokens }: Answer,
  { value, verdict, answer, detail }: RewardResult,
  { problem, prompt }: { readonly problem: Problem; readonly prompt: string },
): ResponseLine {
  if (!(value >= 0 && value <= 1)) throw rewardNoShare(problem.id, value);
  return {
    question,
    sample,
    problem: problem.id,
    prompt,
    gold: problem.answer,
    text,
    stopReason,
    responseTokens,
    verdict,
    reward: value,
    ...(answer !== undefined && { answer }),
    ...(detail !== undefined && { detail }),
  };
}
