import type { Loss } from '../../contracts/loss.js';
import type { Model, ModelTensors, NamedTensor, TrainingSequence } from '../../contracts/model.js';
import { zip } from '../../arrays.js';
import { requireClose, requireDefined, requireThat } from '../check.js';
import { notConforming } from '../errors.js';
import { collectTensors } from '../example-model.js';

/** Entries by parameter name. */
export type NamedGradient = ReadonlyMap<string, Float32Array>;

/**
 * The gradient of a loss over some sequences, clipped to `maxGradNorm`, read through the contract: the engine must have
 * been made with `gradientRecorder`. The model has its old weights afterwards. `norm` is the norm before clipping.
 */
export async function gradientOf(
  model: Model,
  loss: Loss,
  calls: readonly (readonly TrainingSequence[])[],
  maxGradNorm = Infinity,
): Promise<{ loss: number; gradient: Map<string, Float32Array>; norm: number }> {
  const weights = await allWeights(model);
  let total = 0;
  for (const sequences of calls) total += (await model.accumulate(sequences, loss)).loss;
  const { gradNorm } = await model.step({ learningRate: 1, maxGradNorm });
  const tensors = tensorsOf(model);
  const gradient = await collectTensors(tensors.exportWeights());
  await tensors.importWeights(weights);
  return { loss: total, gradient, norm: gradNorm };
}

/** The tensors of a model, which checks read; an engine that keeps them lends the test those of its server. */
export const tensorsOf = (model: Model): ModelTensors =>
  requireDefined(`the tensors of the ${model.role}`, model.tensors);

/** Copies of tensors that may be overwritten when the next one is read. */
export async function copyTensors(tensors: AsyncIterable<NamedTensor>): Promise<NamedTensor[]> {
  const copies: NamedTensor[] = [];
  for await (const { name, shape, data } of tensors) copies.push({ name, shape, data: data.slice() });
  return copies;
}

/** Copies of all weights, as `importWeights` takes them. */
export const allWeights = (model: Model): Promise<NamedTensor[]> => copyTensors(tensorsOf(model).exportWeights());

/** Requires that every weight of `actual` is that of `expected`. */
export async function requireSameWeights(actual: Model, expected: Model, tolerance: number): Promise<void> {
  requireSameTensors('weights', await allWeights(actual), await allWeights(expected), tolerance);
}

/** Requires the same number of tensors with the same entries, in the same order. */
export function requireSameTensors(
  what: string,
  actual: readonly NamedTensor[],
  expected: readonly NamedTensor[],
  tolerance: number,
): void {
  requireThat(actual.length === expected.length, `${what}: ${actual.length} tensors instead of ${expected.length}`);
  for (const [a, e] of zip(actual, expected)) requireClose(a.name, a.data, e.data, tolerance);
}

/** Whether an entry of one list of tensors differs from that of the other by more than `threshold`. */
export const anyEntryMoved = (a: readonly NamedTensor[], b: readonly NamedTensor[], threshold: number): boolean =>
  [...zip(a, b)].some(([x, y]) => [...zip(x.data, y.data)].some(([p, q]) => Math.abs(p - q) > threshold));

/** Sum of the squares of all entries, in float64. */
export const squaredNorm = (tensors: Iterable<Float32Array>): number => {
  let total = 0;
  for (const data of tensors) for (const x of data) total += x * x;
  return total;
};

/**
 * Requires equal gradients up to `tolerance` times the largest entry of each tensor, or times a thousandth of the
 * largest entry of all.
 */
export function requireSameGradient(
  what: string,
  actual: NamedGradient,
  expected: NamedGradient,
  tolerance: number,
): void {
  const names = [...actual.keys()];
  requireThat([...names].sort().join() === [...expected.keys()].sort().join(), `${what}: other tensors`, names);
  const floor = 1e-3 * Math.max(...[...expected.values()].map(largestMagnitude));
  for (const [name, data] of expected) {
    const allowed = tolerance * Math.max(floor, largestMagnitude(data));
    const other = requireDefined(`${what}: ${name}`, actual.get(name));
    requireThat(other.length === data.length, `${what}: ${name} has ${other.length} entries instead of ${data.length}`);
    for (const [a, e, i] of zip(other, data)) {
      if (Math.abs(e - a) <= allowed) continue;
      throw notConforming(`${what}: ${name}[${i}] is ${a} instead of ${e} (allowed ${allowed})`);
    }
  }
}

const largestMagnitude = (data: Float32Array): number => data.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
