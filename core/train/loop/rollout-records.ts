import { elementAt, zip } from '../../arrays.js';
import type { EstimatedBatch, GradedRollouts } from '../../contracts/loop.js';
import type { RolloutRecord } from '../../contracts/metric-sink.js';

/** What the sinks see of a batch that was trained on; arrays are shared, not copied. */
export function trainingRecords(batch: EstimatedBatch): RolloutRecord[] {
  return Array.from(zip(batch.rollouts, batch.results), ([rollout, result, b]) => ({
    rollout,
    result,
    group: elementAt(batch.groups, b),
    training: {
      reward: elementAt(batch.rewards, b),
      logprobs: elementAt(batch.oldLogprobs, b),
      advantages: elementAt(batch.advantages, b),
      returns: elementAt(batch.returns, b),
      ...(batch.entropy && { entropy: elementAt(batch.entropy, b) }),
      ...(batch.oldValues && { values: elementAt(batch.oldValues, b) }),
    },
  }));
}

/** The same for an evaluation with `samples` responses per problem, where only the sampler's numbers are known. */
export const evaluationRecords = ({ rollouts, results }: GradedRollouts, samples: number): RolloutRecord[] =>
  Array.from(zip(rollouts, results), ([rollout, result, b]) => ({ rollout, result, group: Math.floor(b / samples) }));
