import type { Benchmark, BenchmarkGrading } from '../../core/contracts/benchmark.js';
import type { Problem } from '../../core/contracts/data.js';
import { problemList } from '../../core/data/problem-list.js';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { chosenProtocol } from '../../core/evaluation/chosen-protocol.js';
import type { BenchmarkFlags } from '../evaluate/benchmark-flags.js';
import { evaluate, type EvaluationRequest } from '../evaluate/evaluate.js';
import { createFolderStorage } from '../platform/storage.js';
import { minedLines, type MinedProblem } from './mined-file.js';
import type { MinedProblems } from './problems.js';

/** The file with the pass rates, below the folder. */
export const minedFile = 'mined.jsonl';

export interface MineRequest extends Omit<EvaluationRequest, 'benchmarks' | 'onQuestion'> {
  readonly mined: MinedProblems;
  /** What the command line changes of how responses are drawn; `samples` is how many for each problem. */
  readonly sampling: BenchmarkFlags;
  readonly isRun: boolean;
}

/**
 * Samples and grades responses to each problem as an evaluation does, in a folder of the same form that goes on where
 * it was stopped, and writes `mined.jsonl` there: the problems with their pass rates, for training. Throws what
 * {@link evaluate} does.
 */
export async function mine(request: MineRequest): Promise<readonly MinedProblem[]> {
  const rated: MinedProblem[] = [];
  const onQuestion = (problem: Problem, responses: readonly { readonly verdict: string }[]): void => {
    const right = responses.filter(({ verdict }) => verdict === 'correct').length;
    rated.push({ problem, right, samples: responses.length });
  };
  await evaluate({ ...request, benchmarks: [benchmarkOf(request)], onQuestion });
  await createFolderStorage(request.out).write(minedFile, minedLines(rated));
  return rated;
}

/** The training problems as a benchmark, sampled and graded as in training. */
function benchmarkOf({ mined: { problems, source }, sampling, isRun, context: { resolved } }: MineRequest): Benchmark {
  const { temperature, topP, maxResponseTokens } = resolved.config;
  const { limit: _, samples = 1, ...stated } = sampling;
  const origin = isRun ? 'configuration of the run' : 'this project: as the recipe trains';
  return {
    ...{ name: 'problems', title: 'Training problems', source, licence: 'as its source', form: 'open' },
    questions: problems.length,
    protocol: chosenProtocol({ samples, temperature, topP, maxResponseTokens, origin }, stated),
    grading: gradingOf(resolved, isRun),
    open: () => Promise.resolve(problemList(problems)),
  };
}

/** The reward of the configuration. A chat has no answer tags, so where nobody chose, answers are found anywhere. */
function gradingOf({ config: { reward, template }, origins }: ResolvedConfig, isRun: boolean): BenchmarkGrading {
  const isDefault = origins.get('reward.extraction')?.startsWith('default') === true;
  return !isRun && template.type === 'chat' && isDefault ? { ...reward, extraction: 'anywhere' } : reward;
}
