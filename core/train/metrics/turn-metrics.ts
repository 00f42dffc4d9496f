import type { Rollout } from '../../contracts/data.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import { tokensFrom } from '../../segments.js';

/** How much policy and environment talked with each other: means over the responses. */
export function turnMetrics(rollouts: readonly Rollout[]): Metrics {
  const mean = (of: (rollout: Rollout) => number): number =>
    rollouts.reduce((sum, rollout) => sum + of(rollout), 0) / Math.max(1, rollouts.length);
  return {
    turns: mean(({ segments }) => segments.filter(({ source }) => source === 'policy').length),
    environmentTokens: mean(({ segments }) => tokensFrom('environment', segments)),
  };
}
