import type { Problem } from '../contracts/data.js';
import type { ListPart, ProblemList } from '../contracts/problems.js';
import { OrzError } from '../errors.js';

/** A list of problems held in memory. */
export function problemList(problems: readonly Problem[], parts?: readonly ListPart[]): ProblemList {
  return {
    length: problems.length,
    ...(parts && { parts }),
    at(index) {
      const problem = problems[index];
      if (problem) return problem;
      throw new OrzError('ORZ_INTERNAL', 'No problem has this index', {
        value: index,
        allowed: `0 to ${problems.length - 1}`,
        origin: 'problem list',
      });
    },
  };
}

/** The entries of `list` at `indices`, in that order; nothing is copied. */
export const selectProblems = (list: ProblemList, indices: Int32Array, parts?: readonly ListPart[]): ProblemList => ({
  length: indices.length,
  ...(parts && { parts }),
  at: (index) => list.at(indices[index] ?? -1),
});
