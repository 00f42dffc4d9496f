import type { Rollout } from '../../contracts/data.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import type { Platform } from '../../contracts/platform.js';

/** Speed and memory: the only metrics that differ between two runs with one seed. */
export function costMetrics(
  seconds: Readonly<Record<string, number>>,
  rollouts: readonly Rollout[],
  memory: ReturnType<Platform['memory']>,
): Metrics {
  const total = Object.values(seconds).reduce((a, b) => a + b, 0);
  const shares = Object.entries(seconds).map(([phase, s]) => [phase, total === 0 ? 0 : s / total] as const);
  return {
    seconds: { ...seconds, total },
    phaseShare: Object.fromEntries(shares),
    tokensPerSecond: speeds(seconds, rollouts),
    memoryBytes: memory.bytes,
    peakMemoryBytes: memory.peakBytes,
  };
}

/** Sampling counts the policy's tokens, every other phase all tokens. */
function speeds(seconds: Readonly<Record<string, number>>, rollouts: readonly Rollout[]): Record<string, number> {
  const sampled = rollouts.reduce((sum, { samplerLogprobs }) => sum + samplerLogprobs.length, 0);
  const all = rollouts.reduce(
    (sum, { promptTokens, responseTokens }) => sum + promptTokens.length + responseTokens.length,
    0,
  );
  const tokens = { sample: sampled, score: all, critic: all, policy: all };
  const speeds: Record<string, number> = {};
  for (const [phase, count] of Object.entries(tokens)) {
    const spent = seconds[phase];
    // A browser's clock is coarse: a phase may appear to take no time, and then has no speed.
    if (spent) speeds[phase] = count / spent;
  }
  return speeds;
}
