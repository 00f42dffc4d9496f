import type { Loss } from '../../contracts/loss.js';
import type { Model, TrainingSequence } from '../../contracts/model.js';
import { isOrzError } from '../../errors.js';

/** The smallest part of a mini-batch found to fail by itself. */
export interface Culprits {
  readonly sequences: readonly TrainingSequence[];
  /** Positions in the mini-batch. */
  readonly members: readonly number[];
  /** Response token whose loss alone makes the gradient fail, if one sequence and one token can be told. */
  readonly token?: number;
}

export interface Trial {
  readonly model: Model;
  readonly loss: Loss;
  readonly temperature: number;
  readonly maxGradNorm: number;
}

/**
 * Halves a failing mini-batch as long as one half fails by itself: an update at learning rate 0 is tried with each. The model's weights stay as they are,
 * its optimizer state does not; so the run must be over. A sum that overflows only with all its parts comes back whole.
 */
export async function findCulprits(trial: Trial, sequences: readonly TrainingSequence[]): Promise<Culprits> {
  const subset = (members: readonly number[]) => members.map((i) => sequences[i]!);
  const members = await halve(Array.from(sequences.keys()), (part) => fails(trial, subset(part)));
  if (members.length > 1) return { members, sequences: subset(members) };
  const culprit = sequences[members[0]!]!;
  const only = (part: readonly number[]): TrainingSequence[] => [
    { ...culprit, weights: culprit.weights.map((w, t) => (part.includes(t) ? w : 0)) },
  ];
  // Where even a loss of nothing fails, the fault lies in the sequence, and no token is to blame.
  const tokens = (await fails(trial, only([])))
    ? []
    : await halve(Array.from(culprit.weights.keys()), (part) => fails(trial, only(part)));
  return { members, sequences: [culprit], ...(tokens.length === 1 && { token: tokens[0]! }) };
}

/** The smallest part by halving, the first of two that both fail; it stays whole where neither half fails by itself. */
async function halve(all: number[], failing: (part: readonly number[]) => Promise<boolean>): Promise<number[]> {
  let part = all;
  while (part.length > 1) {
    const middle = Math.ceil(part.length / 2);
    const first = part.slice(0, middle),
      second = part.slice(middle);
    if (await failing(first)) part = first;
    else if (await failing(second)) part = second;
    else break;
  }
  return part;
}

/** Whether an update with these sequences meets a number that is not finite. */
export async function fails(
  { model, loss, temperature, maxGradNorm }: Trial,
  sequences: readonly TrainingSequence[],
): Promise<boolean> {
  try {
    await model.accumulate(sequences, loss, { temperature });
    await model.step({ learningRate: 0, maxGradNorm });
    return false;
  } catch (error) {
    if (isOrzError(error) && error.code === 'ORZ_NOT_FINITE') return true;
    throw error;
  }
}
