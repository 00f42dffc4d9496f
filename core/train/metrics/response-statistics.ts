import { zip } from '../../arrays.js';
import { verdicts, type RewardResult, type Rollout, type Verdict } from '../../contracts/data.js';
import type { EvaluationReport, GradedRollouts } from '../../contracts/loop.js';
import type { ResponseTrait } from '../../contracts/problems.js';
import { metricNameTaken } from './errors.js';
import { repeatOnset } from '../../recipe/repetition.js';
import { policyTokens } from '../../segments.js';
import { moments } from '../../recipe/whiten.js';

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;

const shareOf = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.filter(holds).length / Math.max(1, items.length);

/** A rollout with what the statistics need. */
interface Response {
  readonly rollout: Rollout;
  readonly correct: boolean;
  /** Tokens of the policy. */
  readonly length: number;
}

const lengths = (responses: readonly Response[]): number[] => responses.map(({ length }) => length);

/** Statistics of the texts and verdicts of rollouts, for training batches and evaluations. */
export function responseStatistics(
  { rollouts, results }: GradedRollouts,
  traits: readonly ResponseTrait[],
): EvaluationReport {
  const rewards = results.map(({ value }) => value);
  const responses = Array.from(zip(rollouts, results), ([rollout, { verdict }]) => ({
    rollout,
    correct: verdict === 'correct',
    length: rollout.samplerLogprobs.length,
  }));
  const onsets = rollouts.map((rollout) => repeatOnset(policyTokens(rollout))).filter((onset) => onset >= 0);
  const standard = {
    reward: mean(rewards) ?? 0,
    rewardStd: Math.sqrt(moments([rewards]).variance),
    responseLength: mean(lengths(responses)) ?? 0,
    responseLengthMax: responses.reduce((longest, { length }) => Math.max(longest, length), 0),
    responseLengthCorrect: mean(lengths(responses.filter(({ correct }) => correct))),
    responseLengthWrong: mean(lengths(responses.filter(({ correct }) => !correct))),
    repeatShare: onsets.length / Math.max(1, rollouts.length),
    repeatOnset: mean(onsets),
    stopReasons: {
      stop: shareOf(rollouts, ({ stopReason }) => stopReason === 'stop'),
      length: shareOf(rollouts, ({ stopReason }) => stopReason === 'length'),
    },
    verdicts: verdictShares(results),
  };
  const own = traitMetrics(responses, traits);
  const taken = Object.keys(own).find((name) => name in standard);
  if (taken !== undefined) throw metricNameTaken(taken, Object.keys(standard), 'A trait of the template');
  return { ...standard, ...own };
}

/** What the template counts, under the names it gives. */
function traitMetrics(responses: readonly Response[], traits: readonly ResponseTrait[]) {
  const metrics: Record<string, number | null> = {};
  for (const { shareMetric, correctLengthMetric, holds } of traits) {
    const having = responses.filter(({ rollout }) => holds(rollout.text));
    metrics[shareMetric] = having.length / Math.max(1, responses.length);
    if (correctLengthMetric === undefined) continue;
    metrics[correctLengthMetric] = mean(lengths(having.filter(({ correct }) => correct)));
  }
  return metrics;
}

function verdictShares(results: readonly RewardResult[]): Record<Verdict, number> {
  const shares = verdicts.map(
    (verdict) => [verdict, shareOf(results, (result) => result.verdict === verdict)] as const,
  );
  return Object.fromEntries(shares) as Record<Verdict, number>;
}
