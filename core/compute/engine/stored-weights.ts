import type { ParameterSpec, StoredDType } from '../nn/parameters.js';
import type { Weights } from '../nn/decoder.js';
import type { Graph, Tensor } from '../tensor/graph.js';
import { fromBf16 } from '../tensor/ops.js';
import type { Shape } from '../tensor/types.js';
import { notFound } from './errors.js';

/** An input whose numbers are stored so, as f32. */
export function storedInput(g: Graph, name: string, shape: Shape, dtype: StoredDType): Tensor {
  const input = g.inputs.get(name) ?? g.input(name, shape, dtype);
  return dtype === 'bf16' ? fromBf16(input) : input;
}

export type StoredWeights = readonly Pick<ParameterSpec, 'name' | 'shape' | 'dtype'>[];

/** Weights as graph inputs, declared when first used; what is stored in bf16 is read as f32. */
export function weightInputs(g: Graph, stored: StoredWeights): Weights {
  const known = new Map(stored.map((weight) => [weight.name, weight]));
  return (name) => {
    const weight = known.get(name);
    if (!weight) throw notFound('Weight', name, known.keys());
    return storedInput(g, name, weight.shape, weight.dtype);
  };
}

/** Part of the key of a program that reads these weights: one for others may want them stored otherwise. */
export const storageKey = (weights: StoredWeights): string => inRuns(weights.map(({ dtype }) => dtype));

/** The same for a program that adds to the gradients of those that are trained. */
export const trainingKey = (weights: readonly ParameterSpec[]): string =>
  `${storageKey(weights)}, ${inRuns(weights.map(({ trainable }) => (trainable ? 'trained' : 'frozen')))}`;

/** Equal neighbours as one with their number: `f32 x12 bf16 x1`. */
function inRuns(values: readonly string[]): string {
  const runs: { value: string; count: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.count++;
    else runs.push({ value, count: 1 });
  }
  return runs.map(({ value, count }) => `${value} x${count}`).join(' ');
}
