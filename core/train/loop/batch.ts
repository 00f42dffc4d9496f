import { elementAt, zip } from '../../arrays.js';
import type { Rollout } from '../../contracts/data.js';
import type { EstimatedBatch } from '../../contracts/loop.js';
import type { Sequence, TrainingSequence } from '../../contracts/model.js';
import { rolloutOutOfOrder } from './errors.js';

/** Token ids exactly as sampled: prompt, then response. */
export function toSequence(rollout: Rollout): Sequence {
  const tokens = new Int32Array(rollout.promptTokens.length + rollout.responseTokens.length);
  tokens.set(rollout.promptTokens);
  tokens.set(rollout.responseTokens, rollout.promptTokens.length);
  return { tokens, promptLength: rollout.promptTokens.length };
}

/**
 * Group index of each rollout. Throws ORZ_GROUP unless each `samples` consecutive rollouts are the samples of one
 * problem, in order; whole groups may be absent.
 */
export function groupIndices(rollouts: readonly Rollout[], samples: number): Int32Array {
  return Int32Array.from(rollouts, (rollout, i) => {
    const first = elementAt(rollouts, i - (i % samples));
    const inOrder = rollout.index % samples === i % samples && rollout.index - (i % samples) === first.index;
    if (rollout.problem.id !== first.problem.id || !inOrder) throw rolloutOutOfOrder(rollout, first);
    return Math.floor(i / samples);
  });
}

/** Training sequences of the chosen rollouts with per-token weights and inputs. */
export function trainingSequences(
  batch: EstimatedBatch,
  members: readonly number[],
  weights: readonly Float32Array[],
): TrainingSequence[] {
  const { sequences, oldLogprobs, advantages, returns, refLogprobs, oldValues } = batch;
  return Array.from(zip(members, weights), ([b, weight]) => ({
    ...elementAt(sequences, b),
    weights: weight,
    inputs: {
      oldLogprobs: elementAt(oldLogprobs, b),
      advantages: elementAt(advantages, b),
      returns: elementAt(returns, b),
      ...(refLogprobs && { refLogprobs: elementAt(refLogprobs, b) }),
      ...(oldValues && { oldValues: elementAt(oldValues, b) }),
    },
  }));
}

/** Members in a given order split into `parts` slices whose sizes differ by at most one; every member occurs once. */
export function splitEvenly(order: ArrayLike<number>, parts: number): number[][] {
  const members = Array.from(order);
  const border = (part: number): number => Math.floor((part * members.length) / parts);
  return Array.from({ length: parts }, (_, part) => members.slice(border(part), border(part + 1))).filter(
    (part) => part.length > 0,
  );
}
