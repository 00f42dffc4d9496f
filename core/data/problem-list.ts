import { elementAt } from '../arrays.js';
import type { Problem } from '../contracts/data.js';
import type { ListPart, ProblemList } from '../contracts/problems.js';

/** A list of problems in memory. */
export const problemList = (problems: readonly Problem[], parts?: readonly ListPart[]): ProblemList => ({
  length: problems.length,
  ...(parts && { parts }),
  at: (index) => elementAt(problems, index),
});

/** The entries of `list` at `kept`, ascending indices; nothing is copied. The parts become shorter accordingly. */
export function keptProblems(list: ProblemList, kept: Int32Array): ProblemList {
  let start = 0;
  const parts = list.parts?.map((part): ListPart => {
    const end = start + part.length;
    const length = kept.filter((index) => index >= start && index < end).length;
    start = end;
    return { ...part, length };
  });
  return { length: kept.length, ...(parts && { parts }), at: (index) => list.at(elementAt(kept, index)) };
}
