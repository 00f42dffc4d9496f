import { elementAt } from '../../arrays.js';
import type { Loss } from '../../contracts/loss.js';
import type { Model, TrainingSequence } from '../../contracts/model.js';
import { isOrzError } from '../../errors.js';

/** The smallest part of a mini-batch found to fail alone. */
export interface IsolatedFailure {
  readonly sequences: readonly TrainingSequence[];
  /** Positions in the mini-batch. */
  readonly members: readonly number[];
  /** Response token whose loss alone makes the gradient fail, if a single one can be identified. */
  readonly token?: number;
}

/** How an update is tried. */
export interface UpdateTrial {
  readonly model: Model;
  readonly loss: Loss;
  readonly temperature: number;
  readonly maxGradNorm: number;
}

/**
 * Halves a failing mini-batch as long as one half fails alone: an update at learning rate 0 is tried with each. The
 * model's weights stay as they are, its optimizer state does not, so the run cannot continue. A sum that overflows only
 * as a whole is returned whole.
 */
export async function isolateFailure(
  trial: UpdateTrial,
  sequences: readonly TrainingSequence[],
): Promise<IsolatedFailure> {
  const subset = (members: readonly number[]) => members.map((i) => elementAt(sequences, i));
  const members = await halve(Array.from(sequences.keys()), (part) => fails(trial, subset(part)));
  const isolated = subset(members);
  const [sequence] = isolated;
  if (isolated.length > 1 || sequence === undefined) return { members, sequences: isolated };
  const token = await failingToken(trial, sequence);
  return { members, sequences: isolated, ...(token !== undefined && { token }) };
}

async function failingToken(trial: UpdateTrial, sequence: TrainingSequence): Promise<number | undefined> {
  const only = (tokens: readonly number[]): TrainingSequence => ({
    ...sequence,
    weights: sequence.weights.map((weight, t) => (tokens.includes(t) ? weight : 0)),
  });
  // If even an empty loss fails, the fault lies in the sequence, and no token is to blame.
  if (await fails(trial, [only([])])) return undefined;
  const tokens = await halve(Array.from(sequence.weights.keys()), (part) => fails(trial, [only(part)]));
  return tokens.length === 1 ? tokens[0] : undefined;
}

/** The smallest part by halving, the first of two that both fail; it stays whole where neither half fails alone. */
async function halve(all: number[], failing: (part: readonly number[]) => Promise<boolean>): Promise<number[]> {
  let part = all;
  while (part.length > 1) {
    const middle = Math.ceil(part.length / 2);
    const first = part.slice(0, middle);
    const second = part.slice(middle);
    if (await failing(first)) part = first;
    else if (await failing(second)) part = second;
    else break;
  }
  return part;
}

/** Whether an update with these sequences meets a number that is not finite. */
async function fails(trial: UpdateTrial, sequences: readonly TrainingSequence[]): Promise<boolean> {
  const { model, loss, temperature, maxGradNorm } = trial;
  try {
    await model.accumulate(sequences, loss, { temperature });
    await model.step({ learningRate: 0, maxGradNorm });
    return false;
  } catch (error) {
    if (isOrzError(error) && error.code === 'ORZ_NOT_FINITE') return true;
    throw error;
  }
}
