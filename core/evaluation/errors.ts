import { OrzError } from '../errors.js';

/** Statistics asked of data that cannot give them: a fault of the caller. */
export const statisticsInputError = (what: string, value: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', what, { value });

/** Two evaluations on different questions have no paired difference. */
export const differentQuestions = (benchmark: string, a: string, b: string): OrzError =>
  new OrzError('ORZ_USAGE', `The two evaluations asked different questions of ${benchmark}`, {
    value: b,
    allowed: a,
    origin: benchmark,
    remedy: 'Evaluate both models on the same questions, with the same limit.',
  });

export const noCommonBenchmark = (a: readonly string[], b: readonly string[]): OrzError =>
  new OrzError('ORZ_USAGE', 'The two evaluations have no benchmark in common', {
    value: b,
    allowed: a,
    remedy: 'Evaluate both models on the same benchmark.',
  });

/** A reward outside of 0 … 1, which is no share of right answers. */
export const rewardNoShare = (problem: string, value: number): OrzError =>
  new OrzError('ORZ_REWARD_INVALID', `The reward of a response to ${problem} is ${value}, and no share`, {
    value,
    allowed: 'from 0 to 1',
    origin: problem,
    remedy: 'Evaluate with a reward that says how right a response is, from 0 to 1.',
  });

export const unaskedAnswer = (question: number, sample: number): OrzError =>
  new OrzError('ORZ_GROUP', `Sample ${sample} of question ${question} was not asked for`, {
    remedy: 'This is a fault of what answers the questions; report it.',
  });

export const answerTwice = (question: number, sample: number): OrzError =>
  new OrzError('ORZ_GROUP', `Sample ${sample} of question ${question} came twice`, {
    remedy: 'This is a fault of what answers the questions; report it.',
  });

export const missingAnswers = (question: number): OrzError =>
  new OrzError('ORZ_GROUP', `Responses to question ${question} are missing`, {
    remedy: 'This is a fault of what answers the questions; report it.',
  });
