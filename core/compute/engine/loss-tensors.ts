import type { Loss, LossInput, LossTensors } from '../../contracts/loss.js';
import type { Graph, Tensor } from '../tensor/graph.js';
import { div, equal, fullLike, gatherRows, maximum, reshape, scatterAddRows, where } from '../tensor/ops.js';
import { lossOutputMissing, lossShape, noSuchControl } from './errors.js';

/** What a network computes per token. */
export type ScoreName = 'logprobs' | 'entropy' | 'values';

/** Scores as tensors [tokens]. */
export type ScoreTensors = Partial<Record<ScoreName, Tensor>>;

const scoreNames: readonly ScoreName[] = ['logprobs', 'entropy', 'values'];

const lossInputs: readonly LossInput[] = [
  'oldLogprobs',
  'refLogprobs',
  'samplerLogprobs',
  'advantages',
  'truncated',
  'group',
  'oldValues',
  'returns',
];

export const lossInputPrefix = 'loss/';
export const metricPrefix = 'metric/';

/**
 * The i32 input [tokens] that says which sequence a token belongs to: any number below the number of tokens that no
 * other sequence has. A program has it if the loss asks for a sum over sequences.
 */
export const sequenceInput = 'sequence';

/**
 * The tensors a loss may read, all of the shape of its weights [tokens]: those the network computes, and per-token
 * inputs that come into being when first read.
 */
function lossTensors(g: Graph, loss: Loss, scores: ScoreTensors, tokens: number): LossTensors {
  const input = (name: string): Tensor =>
    g.inputs.get(lossInputPrefix + name) ?? g.input(lossInputPrefix + name, [tokens]);
  const score = (name: ScoreName): Tensor => {
    const tensor = scores[name];
    if (!tensor) throw lossOutputMissing(loss.name, name, Object.keys(scores));
    return tensor;
  };
  const weights = input('weights');
  const sequenceSum = (x: Tensor): Tensor => sumOverSequences(x, weights);
  const tensors = {
    weights,
    sequenceSum,
    sequenceMean: (x) => div(sequenceSum(x), maximum(sequenceSum(fullLike(x, 1)), 1)),
    control: (name) => {
      const known = Object.keys(loss.controls?.start ?? {});
      if (!known.includes(name)) throw noSuchControl(loss.name, name, known);
      return input(`control:${name}`);
    },
  } as LossTensors;
  for (const name of lossInputs) Object.defineProperty(tensors, name, { get: () => input(name) });
  for (const name of scoreNames) Object.defineProperty(tensors, name, { get: () => score(name) });
  return tensors;
}

/** See {@link LossTensors.sequenceSum}. */
function sumOverSequences(x: Tensor, weights: Tensor): Tensor {
  const { graph, shape } = weights;
  const sequence = graph.inputs.get(sequenceInput) ?? graph.input(sequenceInput, shape, 'i32');
  const column = [...shape, 1];
  const counted = reshape(where(equal(weights, 0), 0, x), column);
  return reshape(gatherRows(scatterAddRows(fullLike(counted, 0), sequence, counted), sequence), shape);
}

/**
 * Adds a loss over `tokens` tokens to the graph, with outputs `loss` and `metric/<name>`, and returns its scalar.
 * Throws ORZ_CAPABILITY if it reads a score that is not there.
 */
export function buildLoss(g: Graph, loss: Loss, scores: ScoreTensors, tokens: number): Tensor {
  const terms = loss.build(g, lossTensors(g, loss, scores, tokens));
  const metrics = Object.entries(terms.metrics ?? {});
  for (const [name, { shape }] of [['loss', terms.loss] as const, ...metrics])
    if (shape.length > 0) throw lossShape(loss.name, name, shape);
  g.output('loss', terms.loss);
  for (const [name, value] of metrics) g.output(metricPrefix + name, value);
  return terms.loss;
}

/** Identifies a loss in the program cache. */
export const lossKey = (loss: Loss): string => `${loss.name}${JSON.stringify(loss.settings)}`;
