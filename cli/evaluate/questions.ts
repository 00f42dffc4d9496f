import { createHash } from 'node:crypto';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import type { Problem } from '../../core/contracts/data.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { requireDistinctIds } from '../../core/data/distinct-ids.js';
import { problemList } from '../../core/data/problem-list.js';
import { noQuestions } from './errors.js';

/**
 * All questions of a benchmark. Says where one is there more than once. Throws ORZ_DATA_EMPTY without any,
 * ORZ_DATA_MALFORMED where two of them have one id, and what opening throws.
 */
export async function openQuestions(benchmark: Benchmark, events: RunEvents): Promise<readonly Problem[]> {
  const list = await benchmark.open();
  const problems = Array.from({ length: list.length }, (_, i) => list.at(i));
  if (problems.length === 0) throw noQuestions(benchmark.name);
  requireDistinctIds(problemList(problems), `questions of ${benchmark.name}`);
  const repeated = problems.length - new Set(problems.map(textOf)).size;
  if (repeated > 0)
    events.log(
      'warn',
      `${benchmark.name}: ${repeated} of ${problems.length} questions repeat others; each counts as a question, so ` +
        'that intervals are narrower than they should be',
    );
  return problems;
}

/** SHA-256 over prompts and gold answers in order. */
export function questionsHash(problems: readonly Problem[]): string {
  const hash = createHash('sha256');
  for (const problem of problems) hash.update(`${textOf(problem)}\n`);
  return hash.digest('hex');
}

const textOf = ({ prompt, answer }: Problem): string => JSON.stringify([prompt, answer]);
