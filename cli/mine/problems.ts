import { createRunContainer } from '../../core/container/run-container.js';
import type { Problem } from '../../core/contracts/data.js';
import type { ProblemList } from '../../core/contracts/problems.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import { prepareProblems } from '../../core/data/prepare.js';
import { problemList } from '../../core/data/problem-list.js';
import type { PromptMeter } from '../../core/data/prompt-meter.js';
import { leftOut } from '../../core/data/report.js';
import { createRandom } from '../../core/random.js';
import { openRewardPool } from '../../core/train/loop/open-reward-pool.js';
import { shuffledUpTo } from '../../core/train/loop/problem-loader.js';
import type { EvaluationContext } from '../evaluate/grading.js';
import { endlessProblems } from './errors.js';

export interface MinedProblemsRequest {
  readonly context: EvaluationContext;
  /** Absent where prompts cannot be measured: then none is too long. */
  readonly prompts: PromptMeter | undefined;
  /** Only the first so many problems. */
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

/** Problems to sample, and what they are called. */
export interface MinedProblems {
  readonly problems: readonly Problem[];
  readonly source: string;
}

const anyLength: PromptMeter = { count: () => 0, isSurelyWithin: () => true };

/**
 * The training problems of a configuration without those that its filters drop: a duplicate would cost as many
 * responses again, and a gold answer that cannot be graded would look hard. Pass rates that they have do not matter.
 */
export async function openMinedProblems(request: MinedProblemsRequest): Promise<MinedProblems> {
  const { context, prompts = anyLength, limit, signal } = request;
  const { resolved, platform, events } = context;
  const { config } = resolved;
  const random = createRandom(config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, only: ['data', 'reward'] });
  let pool: RewardPool | undefined;
  try {
    const { train, evaluation } = await container.get('data').open();
    const { problems, report, failure } = await prepareProblems({
      problems: { train: firstOf(train, limit), evaluation },
      filters: { ...config.dataFilters, passRate: undefined },
      maxPromptTokens: config.maxPromptTokens,
      maxHeldOutTokens: Infinity,
      filteredUpTo: shuffledUpTo,
      ...{ prompts, lengths: 'sample', events, signal },
      checkAnswers: async (batch) => {
        pool ??= await openRewardPool({ config, container, platform, events });
        return pool.check?.(batch);
      },
    });
    if (failure !== undefined) throw failure;
    events.log('info', `${report.kept} of ${report.problems} problems to sample; left out: ${leftOut(report)}`);
    return { problems: all(problems.train), source: report.sources.map(({ name }) => name).join(', ') };
  } finally {
    await pool?.dispose();
    await container.dispose();
  }
}

/** The first problems of a list, which may be made on demand. */
function firstOf(list: ProblemList, limit: number | undefined): ProblemList {
  if (limit === undefined && list.length > shuffledUpTo) throw endlessProblems(list.length);
  if (limit === undefined || limit >= list.length) return list;
  const names = list.parts?.map(({ name }) => name).join(', ') ?? 'training problems';
  const problems = Array.from({ length: limit }, (_, i) => list.at(i));
  return problemList(problems, [{ name: names, length: limit }]);
}

const all = (list: ProblemList): Problem[] => Array.from({ length: list.length }, (_, i) => list.at(i));
