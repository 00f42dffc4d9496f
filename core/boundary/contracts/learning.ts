import type { RewardedBatch } from '../../contracts/advantage.js';
import type { LossControls } from '../../contracts/loss.js';
import { Graph, type Tensor } from '../../compute/tensor/graph.js';
import { requireFinite } from '../../recipe/check.js';
import {
  dictionary,
  finite,
  flag,
  floats,
  functionShape,
  list,
  name,
  optional,
  record,
  refuse,
  rows,
  whole,
  type Shape,
} from '../shapes.js';
import { Mismatch } from '../errors.js';
import type { Contract } from '../guard.js';
import { frozen } from '../lending.js';
import { shapedBy, sync } from '../results.js';

/** Contracts of what a run learns with: advantages, losses, KL terms, optimizers. */

/** Settings that a program cache and a remote engine can compare. */
export const plainSettings: Shape = dictionary((value, path) =>
  ['string', 'boolean'].includes(typeof value) || (typeof value === 'number' && Number.isFinite(value))
    ? value
    : refuse(path, value, 'a finite number, a text, true or false'),
);

/** Numbers of all rollouts, finite; `tensor` is what messages call them. */
export const finiteRows =
  (tensor: string, lengths: readonly number[]): Shape<Float32Array[]> =>
  (value, path) => {
    const checked = rows(lengths)(value, path);
    requireFinite(tensor, checked);
    return checked;
  };

const estimateOf = (batch: RewardedBatch): Shape => {
  const lengths = batch.tokenRewards.map(({ length }) => length);
  const given = [...batch.tokenRewards, ...(batch.values ?? []), batch.rewards, batch.greedyRewards ?? []];
  const lent = new Set(given.flatMap((row) => ('buffer' in row ? [row.buffer] : [])));
  const own = (tensor: string): Shape => {
    const finite = finiteRows(tensor, lengths);
    // Copied, because a plugin may use its arrays again for the next batch.
    return (value, path) => finite(value, path).map((row, b) => ownMemory(row, `${path}[${b}]`, lent).slice());
  };
  return record({ returns: own('return'), advantages: own('advantage') });
};

/** What is estimated must not change with the batch it was estimated from. */
function ownMemory(row: Float32Array, path: string, lent: ReadonlySet<ArrayBufferLike>): Float32Array {
  if (row.length > 0 && lent.has(row.buffer)) throw new Mismatch(path, 'a piece of the batch', 'memory of its own');
  return row;
}

export const advantage: Contract = {
  fields: { name, needsCritic: flag, needsGreedyBaseline: optional(flag), minGroupSize: optional(whole(1)) },
  methods: {
    estimate: sync(
      shapedBy(([batch]) => estimateOf(batch as RewardedBatch)),
      { keeps: (args) => args, lend: ([batch]) => [frozen({ ...(batch as RewardedBatch) })] },
    ),
  },
};

/** An f32 tensor of that shape in the graph that is being built. */
const tensorIn =
  (graph: unknown, shape: readonly number[]): Shape =>
  (value, path) => {
    const due = `an f32 tensor of shape [${shape.join(', ')}] in the graph that was given`;
    const tensor = value as Partial<Tensor> | null | undefined;
    const known =
      graph instanceof Graph && graph.nodes[Number(tensor?.node?.id)]?.outputs[Number(tensor?.index)] === tensor;
    if (tensor && known && tensor.dtype === 'f32' && tensor.shape?.join() === shape.join()) return tensor;
    const came = known && tensor ? `${tensor.dtype}[${tensor.shape?.join(', ')}]` : value;
    return refuse(path, came, due);
  };

/** Numbers that a loss changes from iteration to iteration. */
const controls: Shape = (value, path) => {
  const { start } = record({ start: dictionary(finite), next: functionShape })(value, path);
  const numbers = record(Object.fromEntries(Object.keys(start as object).map((key) => [key, finite])));
  const { next } = value as LossControls;
  return {
    start,
    next: (current: LossControls['start'], metrics: LossControls['start']) =>
      numbers(next(current, metrics), `${path}.next()`),
  };
};

const lossTerms = (graph: unknown): Shape =>
  record({ loss: tensorIn(graph, []), metrics: optional(dictionary(tensorIn(graph, []))) });

export const loss: Contract = {
  fields: { name, settings: plainSettings, controls: optional(controls) },
  methods: {
    build: sync(shapedBy(([graph]) => lossTerms(graph))),
  },
};

export const entropy: Contract = {
  fields: { name, settings: plainSettings, controls: optional(controls) },
  methods: {
    loss: sync(
      shapedBy(([graph]) => lossTerms(graph)),
      { optional: true },
    ),
  },
};

export const samplerCorrection: Contract = {
  fields: { name },
  methods: {
    factors: sync(
      shapedBy(([logprobs]) => factorRow((logprobs as Float32Array).length)),
      { optional: true, keeps: (args) => args },
    ),
  },
};

const factorRow =
  (length: number): Shape =>
  (value, path) => {
    const row = finiteRow('sampler correction', length)(value, path) as Float32Array;
    const negative = row.find((factor) => factor < 0);
    return negative === undefined ? row : refuse(path, negative, 'factors that are not negative');
  };

export const kl: Contract = {
  fields: { name, needsReference: flag, settings: plainSettings },
  methods: {
    penalty: sync(
      shapedBy(([logprobs]) => finiteRow('KL penalty', (logprobs as Float32Array).length)),
      { optional: true, keeps: (args) => args },
    ),
    loss: sync(
      shapedBy(([graph]) => tensorIn(graph, [])),
      { optional: true },
    ),
  },
};

const finiteRow =
  (tensor: string, length: number): Shape =>
  (value, path) => {
    const row = floats(length)(value, path);
    requireFinite(tensor, [row]);
    return row;
  };

/** Each names a tensor of its own. */
const distinct: Shape<string[]> = (value, path) => {
  const names = list(name)(value, path);
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  return twice === undefined ? names : refuse(path, twice, 'names that differ');
};

export const optimizer: Contract = {
  fields: { name, settings: plainSettings, state: distinct },
  methods: {
    build: sync(
      shapedBy(([graph, tensors]) => {
        const { parameter, state } = tensors as { parameter: Tensor; state: Record<string, Tensor> };
        const same = tensorIn(graph, parameter.shape);
        const states = Object.fromEntries(Object.keys(state).map((key) => [key, same]));
        return record({ parameter: same, state: record(states) });
      }),
    ),
  },
};
