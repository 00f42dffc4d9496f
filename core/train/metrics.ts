import { explainedVariance } from '../algorithm/explained-variance.js';
import { isWellFormed } from '../algorithm/format.js';
import { isReflective } from '../algorithm/reflection.js';
import { repeatOnset } from '../algorithm/repetition.js';
import { moments } from '../algorithm/whiten.js';
import { verdicts, type RewardResult, type Rollout } from '../contracts/data.js';
import type { Metrics } from '../contracts/platform.js';
import { OrzError } from '../errors.js';
import type { IterationReport } from './trainer.js';

/** Every name is documented in docs/metrics.md; a share is in 0 … 1, a length in tokens, null means undefined for this batch. */

const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length);
const share = <T>(items: readonly T[], holds: (item: T, i: number) => boolean): number => items.filter(holds).length / Math.max(1, items.length);
const lengthOf = (r: Rollout): number => r.responseTokens.length;

/** What the texts and verdicts of some rollouts say; used for training batches and for evaluations. */
export function responseMetrics(rollouts: readonly Rollout[], results: readonly RewardResult[]) {
  const correct = (_: Rollout, i: number): boolean => results[i]!.verdict === 'correct';
  const reflective = rollouts.map((r) => isReflective(r.text));
  const onsets = rollouts.flatMap((r) => { const onset = repeatOnset(r.responseTokens); return onset < 0 ? [] : [onset]; });
  return {
    reward: mean(results.map((r) => r.value)) ?? 0,
    responseLength: mean(rollouts.map(lengthOf)) ?? 0,
    responseLengthCorrect: mean(rollouts.filter(correct).map(lengthOf)),
    responseLengthWrong: mean(rollouts.filter((r, i) => !correct(r, i)).map(lengthOf)),
    formatShare: share(rollouts, (r) => isWellFormed(r.text)),
    reflectionShare: share(reflective, Boolean),
    reflectiveCorrectLength: mean(rollouts.filter((r, i) => reflective[i] && correct(r, i)).map(lengthOf)),
    repeatShare: onsets.length / Math.max(1, rollouts.length),
    repeatOnset: mean(onsets),
    stopReasons: { stop: share(rollouts, (r) => r.stopReason === 'stop'), length: share(rollouts, (r) => r.stopReason === 'length') },
    verdicts: Object.fromEntries(verdicts.map((verdict) => [verdict, share(results, (r) => r.verdict === verdict)])),
  } satisfies Metrics;
}

/** What the numbers of one update say. */
export function learningMetrics({ batch, policy, critic }: IterationReport, samples: number): Metrics {
  const gaps = batch.rollouts.flatMap((r, b) => Array.from(r.samplerLogprobs, (x, t) => Math.abs(x - batch.oldLogprobs[b]![t]!)));
  const groupsOf = (values: readonly number[]): number[][] => Array.from({ length: values.length / samples }, (_, g) => values.slice(g * samples, (g + 1) * samples));
  const raw = moments(batch.rawAdvantages);
  const differences = batch.refLogprobs && batch.oldLogprobs.map((row, b) => row.map((x, t) => x - batch.refLogprobs![b]![t]!));
  const standard: Metrics = {
    passAtG: share(groupsOf(batch.results.map((r) => r.value)), (rewards) => rewards.some((r) => r > 0)),
    // Of the rewards trained on, which in the control experiment are permuted ones.
    groupsWithoutSignal: share(groupsOf(Array.from(batch.rewards)), (rewards) => rewards.every((r) => r === rewards[0])),
    entropy: moments(batch.entropy).mean,
    logprobGapMean: mean(gaps), logprobGapMax: gaps.reduce((a, b) => Math.max(a, b), 0),
    advantageMean: raw.mean, advantageStd: Math.sqrt(raw.variance),
    explainedVariance: batch.oldValues ? explainedVariance(batch.oldValues, batch.returns) : null,
    kl: differences ? moments(differences).mean : null,
    klPenalty: batch.penalties ? moments(batch.penalties).mean : null,
    policyLoss: policy.loss, policyGradNorm: policy.gradNorm, policyLearningRate: policy.learningRate,
    valueLoss: critic?.loss ?? null, criticGradNorm: critic?.gradNorm ?? null, criticLearningRate: critic?.learningRate ?? null,
  };
  return { ...standard, ...ownMetrics(policy.metrics, standard), ...ownMetrics(critic?.metrics ?? {}, standard) };
}

/** Metrics that a loss names itself; they may not take the place of others. */
function ownMetrics(metrics: Readonly<Record<string, number>>, standard: Metrics): Readonly<Record<string, number>> {
  const taken = Object.keys(metrics).find((name) => name in standard);
  if (taken === undefined) return metrics;
  throw new OrzError('ORZ_PLUGIN_INVALID', `a loss reports a metric "${taken}", a name that is taken`, { value: taken, allowed: `any name but ${Object.keys(standard).join(', ')}`, origin: 'metrics of a loss', remedy: 'rename the metric in the plugin' });
}

/** Speed and memory: the only metrics that differ between two runs with one seed. */
export function costMetrics(seconds: Readonly<Record<string, number>>, rollouts: readonly Rollout[], memory: { readonly bytes: number; readonly peakBytes: number }): Metrics {
  const response = rollouts.reduce((n, r) => n + lengthOf(r), 0);
  const all = rollouts.reduce((n, r) => n + lengthOf(r) + r.promptTokens.length, 0);
  const total = Object.values(seconds).reduce((a, b) => a + b, 0);
  return {
    seconds: { ...seconds, total },
    phaseShare: Object.fromEntries(Object.entries(seconds).map(([phase, s]) => [phase, s / total])),
    tokensPerSecond: {
      sample: response / seconds['sample']!,
      ...Object.fromEntries(['score', 'critic', 'policy'].flatMap((phase) => (seconds[phase] ? [[phase, all / seconds[phase]]] : []))),
    },
    memoryBytes: memory.bytes, peakMemoryBytes: memory.peakBytes,
  };
}
