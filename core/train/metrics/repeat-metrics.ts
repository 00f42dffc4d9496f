import { elementAt } from '../../arrays.js';
import type { EstimatedBatch } from '../../contracts/loop.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import { repeatOnset } from '../../recipe/repetition.js';
import { moments } from '../../recipe/whiten.js';
import { policyTokens } from '../../segments.js';

/**
 * What the tokens of repetitions are blamed for: their mean advantage as trained on, and the one that comparing the
 * `samples` responses of a group would give them without a critic, which is reward less the group's mean at each token
 * alike. Both in standard deviations from the mean over all tokens of the batch; null where no response repeats. The
 * comparison is that of the ORZ paper, v2 §3.3 and figure 5.
 */
export function repeatMetrics({ rollouts, rewards, rawAdvantages }: EstimatedBatch, samples: number): Metrics {
  const onsets = rollouts.map((rollout) => repeatOnset(policyTokens(rollout)));
  const groupMeans = Array.from(
    { length: Math.ceil(rewards.length / samples) },
    (_, group) => moments([rewards.subarray(group * samples, (group + 1) * samples)]).mean,
  );
  const ofGroup = (b: number): number => elementAt(rewards, b) - elementAt(groupMeans, Math.floor(b / samples));
  return {
    repeatAdvantage: standingOfRepeats(rawAdvantages, onsets, (b, t) => elementAt(elementAt(rawAdvantages, b), t)),
    repeatGroupAdvantage: standingOfRepeats(rawAdvantages, onsets, ofGroup),
  };
}

/** Mean of a number per token from the onsets on (-1: none), in standard deviations from its mean over all tokens. */
function standingOfRepeats(
  rows: readonly Float32Array[],
  onsets: readonly number[],
  at: (b: number, t: number) => number,
): number | null {
  const meanFrom = (startOf: (b: number) => number, of = (x: number): number => x): number => {
    let [count, sum] = [0, 0];
    for (const [b, { length }] of rows.entries())
      for (let t = startOf(b); t < length; t++, count++) sum += of(at(b, t));
    return sum / count;
  };
  if (onsets.every((onset) => onset < 0)) return null;
  const mean = meanFrom(() => 0);
  const variance = meanFrom(
    () => 0,
    (x) => (x - mean) ** 2,
  );
  const inRepeats = meanFrom((b) => (elementAt(onsets, b) < 0 ? Infinity : elementAt(onsets, b)));
  return variance === 0 ? 0 : (inRepeats - mean) / Math.sqrt(variance);
}
