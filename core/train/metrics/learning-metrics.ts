import { elementAt } from '../../arrays.js';
import type { CollectionReport, EstimatedBatch, IterationResult, UpdateReport } from '../../contracts/loop.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import { explainedVariance } from '../../recipe/explained-variance.js';
import { moments } from '../../recipe/whiten.js';
import { differences } from './differences.js';
import { metricNameTaken } from './errors.js';
import { repeatMetrics } from './repeat-metrics.js';

/**
 * Metrics of what one iteration learned from; `samples` is the size of a group, `others` are names that are taken.
 * Every name is documented in docs/metrics.md. Every pass over the tokens is a plain loop without allocation, so that a
 * batch of 8192 responses of 4000 tokens each costs no memory beyond its own arrays.
 */
export function learningMetrics(
  { batch, collection, policy, critic }: IterationResult,
  samples: number,
  others: readonly string[] = [],
): Metrics {
  const standard: Metrics = {
    ...(collection && collectionMetrics(collection)),
    ...batchMetrics(batch, samples),
    ...repeatMetrics(batch, samples),
    ...weightMetrics(batch),
    ...updateMetrics(policy, critic),
  };
  const taken = [...others, ...Object.keys(standard)];
  return { ...standard, ...ownMetrics(policy, taken), ...ownMetrics(critic, taken) };
}

/** What the group filter did; the other metrics are of the groups it kept. */
const collectionMetrics = ({ collections, groups, groupsKept, reward }: CollectionReport): Metrics => ({
  ...{ collections, groupsKept },
  groupsCollected: groups,
  rewardCollected: reward,
});

function batchMetrics(batch: EstimatedBatch, samples: number): Metrics {
  const { results, rewards, rollouts, oldLogprobs, refLogprobs, oldValues, penalties, inLoss } = batch;
  const advantages = moments(batch.rawAdvantages.filter((_, i) => inLoss?.[i] ?? true));
  const solved = results.map(({ value }) => value > 0);
  // The rewards trained on, which are permuted in the control experiment.
  const likeFirst = Array.from(rewards, (reward, i) => reward === rewards[i - (i % samples)]);
  return {
    passAtG: groupShare(solved, samples, (members) => members > 0),
    groupsWithoutSignal: groupShare(likeFirst, samples, (members) => members === samples),
    samplerWeightVersion: rollouts.reduce((lowest, { weightVersion }) => Math.min(lowest, weightVersion), Infinity),
    ...(!batch.unscored && scoreMetrics(batch)),
    advantageMean: advantages.mean,
    advantageStd: Math.sqrt(advantages.variance),
    valueMean: oldValues ? moments(oldValues).mean : null,
    explainedVariance: oldValues ? explainedVariance(oldValues, batch.returns) : null,
    kl: refLogprobs ? differences(oldLogprobs, refLogprobs).mean : null,
    klPenalty: penalties ? moments(penalties).mean : null,
  };
}

/** What only the score pass of the policy tells; without it the policy's step reports some of it. */
function scoreMetrics({ rollouts, oldLogprobs, entropy }: EstimatedBatch): Metrics {
  const gap = differences(
    rollouts.map(({ samplerLogprobs }) => samplerLogprobs),
    oldLogprobs,
  );
  return {
    entropy: entropy ? moments(entropy).mean : null,
    logprobGapMean: gap.meanAbsolute,
    logprobGapMax: gap.maxAbsolute,
  };
}

/** What changes the loss weights of tokens, where it is configured. */
const weightMetrics = ({ inLoss, correction }: EstimatedBatch): Metrics => ({
  ...(inLoss && { maskedShare: inLoss.filter((kept) => !kept).length / inLoss.length }),
  ...(correction && { correctionMean: moments(correction).mean }),
});

function updateMetrics(policy: UpdateReport | undefined, critic: UpdateReport | undefined): Metrics {
  return {
    policyLoss: policy?.loss ?? null,
    policyGradNorm: policy?.gradNorm ?? null,
    policyLearningRate: policy?.learningRate ?? null,
    valueLoss: critic?.loss ?? null,
    criticGradNorm: critic?.gradNorm ?? null,
    criticLearningRate: critic?.learningRate ?? null,
  };
}

/** Share of the groups of `samples` neighbours in which the number of members that have a property is `wanted`. */
function groupShare(has: readonly boolean[], samples: number, wanted: (members: number) => boolean): number {
  let groups = 0;
  for (let start = 0; start < has.length; start += samples) {
    let members = 0;
    for (let i = start; i < start + samples; i++) if (elementAt(has, i)) members++;
    if (wanted(members)) groups++;
  }
  return groups / Math.max(1, has.length / samples);
}

/** Metrics that a loss names itself; they may not take the name of another metric. */
function ownMetrics(update: UpdateReport | undefined, names: readonly string[]): Readonly<Record<string, number>> {
  const metrics = update?.metrics ?? {};
  const taken = Object.keys(metrics).find((name) => names.includes(name));
  if (taken !== undefined) throw metricNameTaken(taken, names);
  return metrics;
}
