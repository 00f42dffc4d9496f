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
