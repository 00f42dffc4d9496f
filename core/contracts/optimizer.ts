import type { Graph, Tensor } from '../compute/tensor/graph.js';

export interface OptimizerTensors {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** One tensor of the parameter's shape for each name in {@link Optimizer.state}, zero before the first step. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** f32 scalar. */
  readonly learningRate: Tensor;
  /** f32 scalar, 1 at the first step. */
  readonly step: Tensor;
  /** f32 scalar the gradient must be multiplied by first (1, or less when clipped by global norm). */
  readonly gradientScale: Tensor;
}

/** Like {@link Loss}, a graph function: the engine executes it once per parameter. */
export interface Optimizer {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** Names of the state tensors, for example `['m', 'v']`. */
  readonly state: readonly string[];
  build(
    g: Graph,
    t: OptimizerTensors,
  ): { readonly parameter: Tensor; readonly state: Readonly<Record<string, Tensor>> };
}
