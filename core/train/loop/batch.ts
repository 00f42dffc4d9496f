import type { RewardResult, Rollout } from '../../contracts/data.js';
import type { Sequence, TrainingSequence } from '../../contracts/model.js';
import { OrzError } from '../../errors.js';

/** The rollouts of one iteration with everything computed about them; arrays are [B] or [B][T]. */
export interface TrainingBatch {
  readonly rollouts: readonly Rollout[];
  readonly results: readonly RewardResult[];
  readonly sequences: readonly Sequence[];
  /** The rewards trained on: those of `results`, or permuted ones in the control experiment. */
  readonly rewards: Float32Array;
  readonly groups: Int32Array;
  readonly oldLogprobs: readonly Float32Array[];
  readonly entropy: readonly Float32Array[];
  readonly refLogprobs?: readonly Float32Array[];
  readonly oldValues?: readonly Float32Array[];
}

export interface EstimatedBatch extends TrainingBatch {
  /** Before and after whitening; equal if whitening is off. */
  readonly rawAdvantages: readonly Float32Array[];
  readonly advantages: readonly Float32Array[];
  readonly returns: readonly Float32Array[];
  /** [B][T] subtracted from the rewards, if a KL penalty is configured. */
  readonly penalties?: readonly Float32Array[];
}

/** Token ids exactly as sampled: prompt, then response. */
export function toSequence(rollout: Rollout): Sequence {
  const tokens = new Int32Array(rollout.promptTokens.length + rollout.responseTokens.length);
  tokens.set(rollout.promptTokens);
  tokens.set(rollout.responseTokens, rollout.promptTokens.length);
  return { tokens, promptLength: rollout.promptTokens.length };
}

/** Group index of each rollout. Throws ORZ_GROUP unless consecutive runs of `samples` rollouts share one problem. */
export function groupIndices(rollouts: readonly Rollout[], samples: number): Int32Array {
  return Int32Array.from(rollouts, (rollout, i) => {
    const first = rollouts[i - (i % samples)]!;
    if (rollout.problem.id !== first.problem.id || rollout.index !== i) {
      throw new OrzError(
        'ORZ_GROUP',
        `rollout ${i} belongs to problem "${rollout.problem.id}", its group to "${first.problem.id}"`,
        { remedy: 'this is a bug in the sampler: completions must come in order of request and sample' },
      );
    }
    return Math.floor(i / samples);
  });
}

/** Training sequences of the chosen rollouts with per-token weights and inputs. */
export function trainingSequences(
  batch: EstimatedBatch,
  members: readonly number[],
  weights: readonly Float32Array[],
): TrainingSequence[] {
  return members.map((b, i) => ({
    ...batch.sequences[b]!,
    weights: weights[i]!,
    inputs: {
      oldLogprobs: batch.oldLogprobs[b]!,
      advantages: batch.advantages[b]!,
      returns: batch.returns[b]!,
      ...(batch.refLogprobs && { refLogprobs: batch.refLogprobs[b]! }),
      ...(batch.oldValues && { oldValues: batch.oldValues[b]! }),
    },
  }));
}

/** B members in a given order cut into `parts` runs whose sizes differ by at most one; every member occurs once. */
export const splitEvenly = (order: ArrayLike<number>, parts: number): number[][] =>
  Array.from({ length: parts }, (_, p) =>
    Array.from(order).slice(Math.floor((p * order.length) / parts), Math.floor(((p + 1) * order.length) / parts)),
  ).filter((part) => part.length > 0);
