import type { RolloutRecord } from '../../contracts/metric-sink.js';
import type { EstimatedBatch } from './batch.js';
import type { Collected } from './collect.js';

/** What the sinks get to see of a batch that was trained on; arrays are shared, not copied. */
export const trainingRecords = (batch: EstimatedBatch): RolloutRecord[] =>
  batch.rollouts.map((rollout, b) => ({
    rollout,
    result: batch.results[b]!,
    group: batch.groups[b]!,
    training: {
      reward: batch.rewards[b]!,
      logprobs: batch.oldLogprobs[b]!,
      entropy: batch.entropy[b]!,
      advantages: batch.advantages[b]!,
      returns: batch.returns[b]!,
      ...(batch.oldValues && { values: batch.oldValues[b]! }),
    },
  }));

/** The same of an evaluation with `samples` responses per problem, where nothing but the sampler's numbers is known. */
export const evaluationRecords = ({ rollouts, results }: Collected, samples: number): RolloutRecord[] =>
  rollouts.map((rollout, b) => ({ rollout, result: results[b]!, group: Math.floor(b / samples) }));
