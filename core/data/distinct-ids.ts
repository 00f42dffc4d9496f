import type { Problem } from '../contracts/data.js';
import type { ProblemList } from '../contracts/problems.js';
import { sharedProblemId } from './errors.js';

/**
 * Throws ORZ_DATA_MALFORMED if two different problems of a list have one id: what is recorded about the one would count
 * for the other. The same problem twice is left to the filter `duplicate`. `name` is that of the list.
 */
export function requireDistinctIds(list: ProblemList, name: string): void {
  const owners = new Map<string, Problem>();
  for (let index = 0; index < list.length; index++) {
    const problem = list.at(index);
    const owner = owners.get(problem.id);
    if (owner === undefined) owners.set(problem.id, problem);
    else if (owner.prompt !== problem.prompt || owner.answer !== problem.answer)
      throw sharedProblemId(name, owner, problem);
  }
}
