import { elementAt } from '../../core/arrays.js';
import { buildLoss, lossInputPrefix, metricPrefix } from '../../core/compute/engine/loss-tensors.js';
import { gradients } from '../../core/compute/tensor/autodiff.js';
import { Graph } from '../../core/compute/tensor/graph.js';
import { createInterpreter } from '../../core/compute/tensor/interpret.js';
import type { Loss } from '../../core/contracts/loss.js';
import type { LossReport, TrainingSequence } from '../../core/contracts/model.js';
import { lossInputMissing } from '../../core/compute/engine/errors.js';

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
 * Evaluates a loss here, in double precision, at scores that a server computed. A policy loss is a function of
 * log-probabilities, so that its gradient by the parameters is Σ ∂loss/∂logprob · ∇logprob: with these slopes any
 * server that weighs log-probabilities trains with any loss. Throws ORZ_CAPABILITY for a loss that reads entropies,
 * which servers do not give, or an input that the sequences lack.
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
    total += elementAt(outputs.loss, 0);
    for (const [name, value] of Object.entries(outputs.metrics)) metrics[name] = (metrics[name] ?? 0) + value;
    let offset = 0;
    for (const i of members) {
      const row = elementAt(slopes, i);
      row.set(outputs.slopes.subarray(offset, (offset += row.length)));
    }
  }
  return { loss: total, metrics, slopes };
}

/** Throws ORZ_CAPABILITY unless the loss can be evaluated from scores of this kind alone. */
export function requireEvaluable(loss: Loss, score: TrainedScore): void {
  const g = new Graph(loss.name);
  buildLoss(g, loss, { [score]: g.input(score, [1]) }, 1);
}

/** Indices of neighbours that have about {@link tokensAtOnce} tokens together. */
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
  const joined = (rowOf: (i: number) => Float32Array | undefined, name: string): Float64Array => {
    const rows = members.map((i) => {
      const row = rowOf(i);
      if (!row) throw lossInputMissing(loss.name, name);
      return row;
    });
    const all = new Float64Array(rows.reduce((n, { length }) => n + length, 0));
    let offset = 0;
    for (const row of rows) {
      all.set(row, offset);
      offset += row.length;
    }
    return all;
  };
  const scored = joined((i) => scores[i], score);
  const g = new Graph(loss.name);
  const input = g.input(score, [scored.length]);
  const [slope] = gradients(buildLoss(g, loss, { [score]: input }, scored.length), [input]);
  if (slope) g.output('slopes', slope);
  const values: Record<string, Float64Array> = {};
  for (const name of g.inputs.keys())
    values[name] = name === score ? scored : joined((i) => inputOf(sequences[i], name), name);
  const { loss: total, slopes = new Float64Array(scored.length), ...rest } = createInterpreter(g).execute(values);
  const metrics = Object.entries(rest).map(([name, [value = 0]]) => [name.slice(metricPrefix.length), value] as const);
  return { loss: total ?? Float64Array.of(0), slopes, metrics: Object.fromEntries(metrics) };
}

function inputOf(sequence: TrainingSequence | undefined, input: string): Float32Array | undefined {
  const name = input.slice(lossInputPrefix.length);
  return name === 'weights' ? sequence?.weights : sequence?.inputs[name as keyof TrainingSequence['inputs']];
}
