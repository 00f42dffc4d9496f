import { OrzError } from '../../errors.js';
import type { Loss, LossInput, LossTensors, LossTerms } from '../../contracts/loss.js';
import type { Graph, Tensor } from '../tensor/graph.js';

export type Computed = Partial<Record<'logprobs' | 'entropy' | 'values', Tensor>>;

const lossInputs: readonly LossInput[] = ['oldLogprobs', 'refLogprobs', 'advantages', 'oldValues', 'returns'];

export const lossInputPrefix = 'loss/';

/** The tensors a loss may read: those the network computes, and per-token inputs that come into being when first read. */
function lossTensors(g: Graph, loss: Loss, computed: Computed, places: number): LossTensors {
  const input = (name: string): Tensor =>
    g.inputs.get(lossInputPrefix + name) ?? g.input(lossInputPrefix + name, [places]);
  const tensors = { weights: input('weights') } as LossTensors;
  for (const name of lossInputs) Object.defineProperty(tensors, name, { get: () => input(name) });
  for (const name of ['logprobs', 'entropy', 'values'] as const) {
    Object.defineProperty(tensors, name, {
      get: () => computed[name] ?? refuse(loss, name, Object.keys(computed)),
    });
  }
  return tensors;
}

function refuse(loss: Loss, name: string, available: readonly string[]): never {
  throw new OrzError('ORZ_CAPABILITY', `the loss "${loss.name}" reads "${name}", which its model does not compute`, {
    value: name,
    allowed: available,
    remedy: 'use the loss with the other model (policy or critic)',
  });
}

/** Adds a loss to the graph, with outputs `loss` and `metric/<name>`, and returns its scalar. */
export function buildLoss(g: Graph, loss: Loss, computed: Computed, places: number): Tensor {
  const terms: LossTerms = loss.build(g, lossTensors(g, loss, computed, places));
  if (terms.loss.shape.length > 0)
    throw new OrzError('ORZ_GRAPH_SHAPE', `the loss "${loss.name}" has shape [${terms.loss.shape.join(', ')}]`, {
      allowed: 'a scalar',
      remedy: 'return sum(mul(t.weights, lossPerToken))',
    });
  g.output('loss', terms.loss);
  for (const [name, value] of Object.entries(terms.metrics ?? {})) g.output(`metric/${name}`, value);
  return terms.loss;
}

/** Identifies a loss in the program cache. */
export const lossKey = (loss: Loss): string => `${loss.name}${JSON.stringify(loss.settings)}`;
