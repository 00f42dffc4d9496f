import { elementAt } from '../../core/arrays.js';
import { evaluateLoss as evaluateAt } from '../../core/compute/engine/host-loss.js';
import { lossInputMissing } from '../../core/compute/engine/errors.js';
import type { Loss } from '../../core/contracts/loss.js';
import type { LossReport, TrainingSequence } from '../../core/contracts/model.js';

/** What a model computes per token and a loss is differentiated by. */
export type TrainedScore = 'logprobs' | 'values';

/** A loss at given scores, with its derivative by each of them. */
export interface EvaluatedLoss extends LossReport {
  /** [sequence][response token] ∂loss/∂score. */
  readonly slopes: readonly Float32Array[];
}

/** Tokens that are evaluated together: bounds memory, since every value is a double. */
const tokensAtOnce = 1 << 16;

/**
 * Evaluates a loss here at scores that a server computed, so that any server that weighs log-probabilities trains with
 * any loss. Throws ORZ_CAPABILITY for a loss that reads entropies, which servers do not give, or an input that the
 * sequences lack.
 */
export function evaluateLoss(
  loss: Loss,
  score: TrainedScore,
  sequences: readonly TrainingSequence[],
  scores: readonly Float32Array[],
): EvaluatedLoss {
  const slopes = scores.map(({ length }) => new Float32Array(length));
  const metrics: Record<string, number> = {};
  let total = 0;
  for (const members of partsOf(scores)) {
    const outputs = evaluatePart(loss, score, { sequences, scores, members });
    total += outputs.loss;
    for (const [name, value] of Object.entries(outputs.metrics)) metrics[name] = (metrics[name] ?? 0) + value;
    const joined = outputs.slopes[score];
    let offset = 0;
    for (const i of members) {
      const row = elementAt(slopes, i);
      if (joined) row.set(joined.subarray(offset, (offset += row.length)));
    }
  }
  return { loss: total, metrics, slopes };
}

/** Indices of neighbours that have about {@link tokensAtOnce} tokens together; a sequence is never divided. */
function* partsOf(scores: readonly Float32Array[]): Generator<readonly number[]> {
  let members: number[] = [];
  let tokens = 0;
  for (const [i, { length }] of scores.entries()) {
    members.push(i);
    tokens += length;
    if (tokens < tokensAtOnce) continue;
    yield members;
    members = [];
    tokens = 0;
  }
  if (members.length > 0) yield members;
}

interface Part {
  readonly sequences: readonly TrainingSequence[];
  readonly scores: readonly Float32Array[];
  readonly members: readonly number[];
}

function evaluatePart(loss: Loss, score: TrainedScore, { sequences, scores, members }: Part) {
  const joined = (rowOf: (i: number) => Float32Array | undefined, name: string): Float64Array =>
    concatenated(
      members.map((i) => {
        const row = rowOf(i);
        if (!row) throw lossInputMissing(loss.name, name);
        return row;
      }),
    );
  const scored = joined((i) => scores[i], score);
  return evaluateAt(loss, {
    tokens: scored.length,
    scores: { [score]: scored },
    input: (name) => joined((i) => inputOf(sequences[i], name), name),
    sequence: concatenated(members.map((i, place) => new Float64Array(elementAt(scores, i).length).fill(place))),
  });
}

function concatenated(rows: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(rows.reduce((n, { length }) => n + length, 0));
  let offset = 0;
  for (const row of rows) {
    all.set(row, offset);
    offset += row.length;
  }
  return all;
}

const inputOf = (sequence: TrainingSequence | undefined, name: string): Float32Array | undefined =>
  name === 'weights' ? sequence?.weights : sequence?.inputs[name as keyof TrainingSequence['inputs']];
