import { elementAt, zip } from '../../arrays.js';
import type { Rollout } from '../../contracts/data.js';
import type { EstimatedBatch } from '../../contracts/loop.js';
import type { Sequence, TrainingSequence } from '../../contracts/model.js';
import { rolloutOutOfOrder } from './errors.js';

/** Token ids exactly as sampled: prompt, then response, with its segments if it has several. */
export function toSequence(rollout: Rollout): Sequence {
  const tokens = new Int32Array(rollout.promptTokens.length + rollout.responseTokens.length);
  tokens.set(rollout.promptTokens);
  tokens.set(rollout.responseTokens, rollout.promptTokens.length);
  const isOneTurn = rollout.segments.length === 1;
  return { tokens, promptLength: rollout.promptTokens.length, ...(!isOneTurn && { segments: rollout.segments }) };
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

/** Training sequences of the chosen rollouts with per-token weights, inputs and the controls of the loss. */
export function trainingSequences(
  batch: EstimatedBatch,
  members: readonly number[],
  weights: readonly Float32Array[],
  controls: Readonly<Record<string, number>> = {},
): TrainingSequence[] {
  return Array.from(zip(members, weights), ([b, weight]) => ({
    ...elementAt(batch.sequences, b),
    weights: weight,
    inputs: { ...lossInputs(batch, b), ...controlInputs(controls, weight.length) },
  }));
}

/** What the losses may read of one rollout. */
function lossInputs(batch: EstimatedBatch, b: number): TrainingSequence['inputs'] {
  const { rollouts, groups, oldLogprobs, advantages, returns, refLogprobs, oldValues } = batch;
  const { samplerLogprobs, stopReason } = elementAt(rollouts, b);
  const everywhere = (value: number): Float32Array => new Float32Array(samplerLogprobs.length).fill(value);
  return {
    oldLogprobs: elementAt(oldLogprobs, b),
    samplerLogprobs,
    advantages: elementAt(advantages, b),
    truncated: everywhere(stopReason === 'length' ? 1 : 0),
    group: everywhere(elementAt(groups, b)),
    returns: elementAt(returns, b),
    ...(refLogprobs && { refLogprobs: elementAt(refLogprobs, b) }),
    ...(oldValues && { oldValues: elementAt(oldValues, b) }),
  };
}

const controlInputs = (controls: Readonly<Record<string, number>>, length: number): TrainingSequence['inputs'] =>
  Object.fromEntries(
    Object.entries(controls).map(([name, value]) => [`control:${name}`, new Float32Array(length).fill(value)]),
  );

/** Members in a given order split into `parts` slices whose sizes differ by at most one; every member occurs once. */
export function splitEvenly(order: ArrayLike<number>, parts: number): number[][] {
  const members = Array.from(order);
  const border = (part: number): number => Math.floor((part * members.length) / parts);
  return Array.from({ length: parts }, (_, part) => members.slice(border(part), border(part + 1))).filter(
    (part) => part.length > 0,
  );
}
