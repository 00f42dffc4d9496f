import { elementAt } from '../../arrays.js';
import type { CollectionReport, Collector, CollectRequest, GradedRollouts } from '../../contracts/loop.js';
import { noRollouts } from './errors.js';
import type { LoopContext } from './loop-context.js';

/** What an iteration is trained on, and what it was chosen from. */
export interface CollectedBatch {
  readonly graded: GradedRollouts;
  /** Absent without a filter. */
  readonly collection?: CollectionReport;
}

type Ask = Omit<CollectRequest, 'problems' | 'firstIndex'>;

/**
 * Collects responses to the next problems, P groups of G. Groups that the filter does not keep are replaced by groups
 * of the problems after them, up to its bound; if none at all is kept, the iteration trains on what it collected first.
 */
export async function collectBatch(context: LoopContext, iteration: number): Promise<CollectedBatch> {
  const { run, parts, filter, progress } = context;
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
  const collection = filter.keeps ? { collection: report } : {};
  if (!context.needsGreedyBaseline) return { graded, ...collection };
  return { graded: await withGreedyRewards(parts.collector, graded, askOf(context, iteration)), ...collection };
}

/** The groups of some problems, in order. */
async function collectGroups(
  context: LoopContext,
  iteration: number,
  asked: Pick<CollectRequest, 'problems' | 'firstIndex'>,
): Promise<GradedRollouts[]> {
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
  return groupsOf(graded, samplesPerPrompt);
}

function askOf({ run: { config } }: LoopContext, iteration: number): Ask {
  const { samplesPerPrompt: samples, temperature, topP, topK, maxResponseTokens, maxPromptTokens } = config;
  const sampling = { temperature, topP, topK, maxResponseTokens };
  return { samples, sampling, maxPromptTokens, key: iteration, iteration };
}

const groupsOf = ({ rollouts, results }: GradedRollouts, samples: number): GradedRollouts[] =>
  Array.from({ length: rollouts.length / samples }, (_, group) => {
    const [start, end] = [group * samples, (group + 1) * samples];
    return { rollouts: rollouts.slice(start, end), results: results.slice(start, end) };
  });

const joined = (groups: readonly GradedRollouts[]): GradedRollouts => ({
  rollouts: groups.flatMap(({ rollouts }) => rollouts),
  results: groups.flatMap(({ results }) => results),
});

const meanReward = ({ results }: GradedRollouts): number =>
  results.reduce((sum, { value }) => sum + value, 0) / results.length;

/** With the reward of the most probable response to each problem, which is in no loss. */
async function withGreedyRewards(collector: Collector, graded: GradedRollouts, ask: Ask): Promise<GradedRollouts> {
  const problems = graded.rollouts.map(({ problem }) => problem).filter((_, b) => b % ask.samples === 0);
  const { results } = await collector.collect({ ...greedy(ask), problems });
  const greedyRewards = Float32Array.from(
    graded.rollouts,
    (_, b) => elementAt(results, Math.floor(b / ask.samples)).value,
  );
  return { ...graded, greedyRewards };
}

/** Without an iteration, so that every problem gets its response. */
function greedy({ sampling, maxPromptTokens, key }: Ask): Omit<CollectRequest, 'problems'> {
  return { samples: 1, sampling: { ...sampling, temperature: 0, topP: 1, topK: 0 }, maxPromptTokens, key };
}
