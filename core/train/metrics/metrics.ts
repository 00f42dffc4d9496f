import { explainedVariance } from '../../recipe/explained-variance.js';
import { isWellFormed } from '../../recipe/format.js';
import { isReflective } from '../../recipe/reflection.js';
import { repeatOnset } from '../../recipe/repetition.js';
import { moments } from '../../recipe/whiten.js';
import { verdicts, type RewardResult, type Rollout } from '../../contracts/data.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import { OrzError } from '../../errors.js';
import { differences } from './differences.js';
import type { IterationReport } from '../loop/trainer.js';

/** Every name is documented in docs/metrics.md; a share is in 0 … 1, a length in tokens, null means undefined for this batch. */

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
const share = <T>(items: readonly T[], holds: (item: T, i: number) => boolean): number =>
  items.filter(holds).length / Math.max(1, items.length);
const lengthOf = (r: Rollout): number => r.responseTokens.length;

/** What the texts and verdicts of some rollouts say; used for training batches and for evaluations. */
export function responseMetrics(rollouts: readonly Rollout[], results: readonly RewardResult[]) {
  const correct = (_: Rollout, i: number): boolean => results[i]!.verdict === 'correct';
  const reflective = rollouts.map((r) => isReflective(r.text));
  const onsets = rollouts.map((r) => repeatOnset(r.responseTokens)).filter((onset) => onset >= 0);
  return {
    reward: mean(results.map((r) => r.value)) ?? 0,
    rewardStd: Math.sqrt(moments([results.map((r) => r.value)]).variance),
    responseLength: mean(rollouts.map(lengthOf)) ?? 0,
    responseLengthMax: rollouts.reduce((longest, r) => Math.max(longest, lengthOf(r)), 0),
    responseLengthCorrect: mean(rollouts.filter(correct).map(lengthOf)),
    responseLengthWrong: mean(rollouts.filter((r, i) => !correct(r, i)).map(lengthOf)),
    formatShare: share(rollouts, (r) => isWellFormed(r.text)),
    reflectionShare: share(reflective, Boolean),
    reflectiveCorrectLength: mean(rollouts.filter((r, i) => reflective[i] && correct(r, i)).map(lengthOf)),
    repeatShare: onsets.length / Math.max(1, rollouts.length),
    repeatOnset: mean(onsets),
    stopReasons: {
      stop: share(rollouts, (r) => r.stopReason === 'stop'),
      length: share(rollouts, (r) => r.stopReason === 'length'),
    },
    verdicts: Object.fromEntries(verdicts.map((verdict) => [verdict, share(results, (r) => r.verdict === verdict)])),
  } satisfies Metrics;
}

/**
 * What the numbers of one update say. Every pass over the tokens is a plain loop that keeps nothing, so that a batch of 8192 responses with
 * 4000 tokens each costs no memory beyond its own arrays.
 */
export function learningMetrics({ batch, policy, critic }: IterationReport, samples: number): Metrics {
  const { results, rewards, rollouts, oldLogprobs, refLogprobs } = batch;
  const raw = moments(batch.rawAdvantages);
  const gap = differences(
    rollouts.map((r) => r.samplerLogprobs),
    oldLogprobs,
  );
  const standard: Metrics = {
    passAtG: groupShare(
      results.length,
      samples,
      (i) => results[i]!.value > 0,
      (rewarded) => rewarded > 0,
    ),
    // Of the rewards trained on, which in the control experiment are permuted ones.
    groupsWithoutSignal: groupShare(
      rewards.length,
      samples,
      (i) => rewards[i] === rewards[i - (i % samples)],
      (equal) => equal === samples,
    ),
    samplerWeightVersion: lowest(rollouts.map((r) => r.weightVersion)),
    entropy: moments(batch.entropy).mean,
    logprobGapMean: gap.meanAbsolute,
    logprobGapMax: gap.maxAbsolute,
    advantageMean: raw.mean,
    advantageStd: Math.sqrt(raw.variance),
    valueMean: batch.oldValues ? moments(batch.oldValues).mean : null,
    explainedVariance: batch.oldValues ? explainedVariance(batch.oldValues, batch.returns) : null,
    kl: refLogprobs ? differences(oldLogprobs, refLogprobs).mean : null,
    klPenalty: batch.penalties ? moments(batch.penalties).mean : null,
    policyLoss: policy.loss,
    policyGradNorm: policy.gradNorm,
    policyLearningRate: policy.learningRate,
    valueLoss: critic?.loss ?? null,
    criticGradNorm: critic?.gradNorm ?? null,
    criticLearningRate: critic?.learningRate ?? null,
  };
  return { ...standard, ...ownMetrics(policy.metrics, standard), ...ownMetrics(critic?.metrics ?? {}, standard) };
}

const lowest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);

/** Share of the groups of `samples` neighbours for which the number of members with a property satisfies `wanted`. */
function groupShare(
  count: number,
  samples: number,
  has: (i: number) => boolean,
  wanted: (members: number) => boolean,
): number {
  let found = 0;
  for (let start = 0; start < count; start += samples) {
    let members = 0;
    for (let i = start; i < start + samples; i++) if (has(i)) members++;
    if (wanted(members)) found++;
  }
  return found / Math.max(1, count / samples);
}

/** Metrics that a loss names itself; they may not take the place of others. */
function ownMetrics(metrics: Readonly<Record<string, number>>, standard: Metrics): Readonly<Record<string, number>> {
  const taken = Object.keys(metrics).find((name) => name in standard);
  if (taken === undefined) return metrics;
  throw new OrzError('ORZ_PLUGIN_INVALID', `a loss reports a metric "${taken}", a name that is taken`, {
    value: taken,
    allowed: `any name but ${Object.keys(standard).join(', ')}`,
    origin: 'metrics of a loss',
    remedy: 'rename the metric in the plugin',
  });
}

/** Speed and memory: the only metrics that differ between two runs with one seed. */
export function costMetrics(
  seconds: Readonly<Record<string, number>>,
  rollouts: readonly Rollout[],
  memory: { readonly bytes: number; readonly peakBytes: number },
): Metrics {
  const response = rollouts.reduce((n, r) => n + lengthOf(r), 0);
  const all = rollouts.reduce((n, r) => n + lengthOf(r) + r.promptTokens.length, 0);
  const tokens = { sample: response, score: all, critic: all, policy: all };
  const total = Object.values(seconds).reduce((a, b) => a + b, 0);
  return {
    seconds: { ...seconds, total },
    phaseShare: Object.fromEntries(Object.entries(seconds).map(([phase, s]) => [phase, total === 0 ? 0 : s / total])),
    // A browser's clock is coarse: a phase may take no time by it, and then has no speed.
    tokensPerSecond: Object.fromEntries(
      Object.entries(tokens).flatMap(([phase, count]) => (seconds[phase] ? [[phase, count / seconds[phase]]] : [])),
    ),
    memoryBytes: memory.bytes,
    peakMemoryBytes: memory.peakBytes,
  };
}
