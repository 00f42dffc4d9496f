import { zip } from '../../arrays.js';
import type { Graph, Tensor } from '../tensor/graph.js';
import { noGradientFlow } from './errors.js';
import type { Parameters } from './parameters.js';
import { outputOf, type Outputs } from './programs.js';

/** Prefix of the inputs and outputs of a program that are gradient accumulators. Donate the inputs. */
export const gradientPrefix = 'gradient/';

/** The accumulators of some weights in a program that adds to them: an input and an output for each. */
export class GradientAccumulators {
  readonly weights: readonly Tensor[];
  /** The running sum of each weight's gradient, for `gradients` and `vectorJacobian`. */
  readonly into: ReadonlyMap<Tensor, Tensor>;
  private readonly names: readonly string[];

  /** Declares the inputs. */
  constructor(
    private readonly graph: Graph,
    weights: readonly (readonly [name: string, weight: Tensor])[],
  ) {
    this.names = weights.map(([name]) => name);
    this.weights = weights.map(([, weight]) => weight);
    this.into = new Map(weights.map(([name, w]) => [w, graph.input(gradientPrefix + name, w.shape)]));
  }

  /** Declares the outputs; `sums` are those of the weights, in their order. */
  output(sums: readonly (Tensor | undefined)[]): void {
    for (const [name, sum] of zip(this.names, sums)) {
      if (!sum) throw noGradientFlow(name);
      this.graph.output(gradientPrefix + name, sum);
    }
  }
}

/**
 * Replaces the accumulators that a program consumed by those it returned; `rename` gives the parameter's name in the
 * model for its name in the program.
 */
export function replaceGradients(
  parameters: Parameters,
  outputs: Outputs,
  names: readonly string[],
  rename: (name: string) => string = (name) => name,
): void {
  for (const name of names) parameters.replaceGradient(rename(name), outputOf(outputs, gradientPrefix + name));
}
