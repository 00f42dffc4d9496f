import type { Loss, LossInput, LossTensors } from '../../contracts/loss.js';
import type { Graph, Tensor } from '../tensor/graph.js';
import { lossOutputMissing, lossShape } from './errors.js';

/** What a network computes per token, as tensors [tokens]. */
export type ScoreTensors = Partial<Record<'logprobs' | 'entropy' | 'values', Tensor>>;

const lossInputs: readonly LossInput[] = ['oldLogprobs', 'refLogprobs', 'advantages', 'oldValues', 'returns'];

export const lossInputPrefix = 'loss/';
export const metricPrefix = 'metric/';

/**
 * The tensors a loss may read, all of the shape of its weights [tokens]: those the network computes, and per-token
 * inputs that come into being when first read.
 */
function lossTensors(g: Graph, loss: Loss, scores: ScoreTensors, tokens: number): LossTensors {
  const input = (name: string): Tensor =>
    g.inputs.get(lossInputPrefix + name) ?? g.input(lossInputPrefix + name, [tokens]);
  const score = (name: keyof ScoreTensors): Tensor => {
    const tensor = scores[name];
    if (!tensor) throw lossOutputMissing(loss.name, name, Object.keys(scores));
    return tensor;
  };
  const tensors = { weights: input('weights') } as LossTensors;
  for (const name of lossInputs) Object.defineProperty(tensors, name, { get: () => input(name) });
  for (const name of ['logprobs', 'entropy', 'values'] as const)
    Object.defineProperty(tensors, name, { get: () => score(name) });
  return tensors;
}

/**
 * Adds a loss over `tokens` tokens to the graph, with outputs `loss` and `metric/<name>`, and returns its scalar.
 * Throws ORZ_CAPABILITY if it reads a score that is not there.
 */
export function buildLoss(g: Graph, loss: Loss, scores: ScoreTensors, tokens: number): Tensor {
  const terms = loss.build(g, lossTensors(g, loss, scores, tokens));
  if (terms.loss.shape.length > 0) throw lossShape(loss.name, terms.loss.shape);
  g.output('loss', terms.loss);
  for (const [name, value] of Object.entries(terms.metrics ?? {})) g.output(metricPrefix + name, value);
  return terms.loss;
}

/** Identifies a loss in the program cache. */
export const lossKey = (loss: Loss): string => `${loss.name}${JSON.stringify(loss.settings)}`;
