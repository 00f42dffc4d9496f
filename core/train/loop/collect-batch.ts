import { elementAt } from '../../arrays.js';
import type { CollectionReport, CollectRequest, GradedRollouts } from '../../contracts/loop.js';
import { noRollouts } from './errors.js';
import type { LoopContext } from './loop-context.js';

/** What an iteration is trained on, and what it was chosen from. */
export interface CollectedBatch {
  readonly graded: GradedRollouts;
  /** Absent without a filter. */
  readonly collection?: CollectionReport;
}

type Ask = Omit<CollectRequest, 'problems' | 'firstIndex'>;
type Asked = Required<Pick<CollectRequest, 'problems' | 'firstIndex'>>;

/**
 * Collects responses to the next problems, P groups of G. Groups that the filter does not keep are replaced by groups
 * of the problems after them, up to its bound; if none at all is kept, the iteration trains on what it collected first.
 */
export async function collectBatch(context: LoopContext, iteration: number): Promise<CollectedBatch> {
  const { run, filter, progress } = context;
  const wanted = run.config.rolloutBatchSize;
  const kept: GradedRollouts[] = [];
  const all: GradedRollouts[] = [];
  let problems = 0;
  let collections = 0;
  while (kept.length < wanted && collections < filter.maxCollections) {
    const next = context.loader.take(progress.problems + problems, wanted - kept.length);
    const groups = await collectGroups(context, iteration, { problems: next, firstIndex: problems });
    problems += next.length;
    collections++;
    all.push(...groups);
    kept.push(...groups.filter((group) => filter.keeps?.(group) ?? true));
  }
  if (all.length === 0) throw noRollouts(iteration);
  if (kept.length === 0) {
    run.events.log('warn', `no group of ${all.length} passed the filter "${filter.name}": training on the first ones`);
  }
  const graded = joined(kept.length > 0 ? kept : all.slice(0, wanted));
  progress.problems += problems;
  const report = { collections, groups: all.length, groupsKept: kept.length, reward: meanReward(joined(all)) };
  return { graded, ...(filter.keeps && { collection: report }) };
}

/** The groups of some problems, in order. */
async function collectGroups(context: LoopContext, iteration: number, asked: Asked): Promise<GradedRollouts[]> {
  const { run, parts } = context;
  const { samplesPerPrompt } = run.config;
  const phase = run.events.phase('sampling and grading', asked.problems.length * samplesPerPrompt, 'responses');
  const graded = await parts.collector.collect({
    ...askOf(context, iteration),
    ...asked,
    onProgress: (completed) => {
      phase.progress(completed);
    },
  });
  phase.end();
  if (!context.needsGreedyBaseline) return groupsOf(graded, samplesPerPrompt);
  const greedyRewards = await greedyRewardsOf(context, graded, { ...greedy(askOf(context, iteration)), ...asked });
  return groupsOf({ ...graded, greedyRewards }, samplesPerPrompt);
}

function askOf({ run: { config } }: LoopContext, iteration: number): Ask {
  const { samplesPerPrompt: samples, temperature, topP, topK, maxResponseTokens, maxPromptTokens } = config;
  const sampling = { temperature, topP, topK, maxResponseTokens };
  return { samples, sampling, maxPromptTokens, key: iteration, iteration };
}

const groupsOf = ({ rollouts, results, greedyRewards }: GradedRollouts, samples: number): GradedRollouts[] =>
  Array.from({ length: rollouts.length / samples }, (_, group) => {
    const [start, end] = [group * samples, (group + 1) * samples];
    return {
      rollouts: rollouts.slice(start, end),
      results: results.slice(start, end),
      ...(greedyRewards && { greedyRewards: greedyRewards.slice(start, end) }),
    };
  });

function joined(groups: readonly GradedRollouts[]): GradedRollouts {
  const greedyRewards = groups.flatMap(({ greedyRewards = [] }) => [...greedyRewards]);
  return {
    rollouts: groups.flatMap(({ rollouts }) => rollouts),
    results: groups.flatMap(({ results }) => results),
    ...(greedyRewards.length > 0 && { greedyRewards: Float32Array.from(greedyRewards) }),
  };
}

const meanReward = ({ results }: GradedRollouts): number =>
  results.reduce((sum, { value }) => sum + value, 0) / results.length;

/**
 * The reward of the most probable response to the problem of each rollout; those responses are in no loss. They are
 * asked for with the indices of the problems, so that an environment begins for them as it did for their group.
 */
async function greedyRewardsOf(
  { parts, run }: LoopContext,
  { rollouts }: GradedRollouts,
  request: Ask & Asked,
): Promise<Float32Array> {
  const { results } = await parts.collector.collect(request);
  const groupOf = (index: number): number => Math.floor(index / run.config.samplesPerPrompt) - request.firstIndex;
  return Float32Array.from(rollouts, ({ index }) => elementAt(results, groupOf(index)).value);
}

/** Without an iteration, so that every problem gets its response. */
function greedy({ sampling, maxPromptTokens, key }: Ask): Ask {
  return { samples: 1, sampling: { ...sampling, temperature: 0, topP: 1, topK: 0 }, maxPromptTokens, key };
}
