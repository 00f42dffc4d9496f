import { constantOp, Graph, inputOp, type Tensor } from '../compute/tensor/graph.js';
import { elementAt, zip } from '../arrays.js';
import { requireDefined } from './check.js';

type Build = (g: Graph) => Record<string, Tensor>;

const stopPrefix = 'stopped/';

/**
 * A function with `stopGradient` in it is not what its gradient is the slope of: what is stopped counts as a constant.
 * Returns two programs: `values` gives what the function stops, and `function` takes it as inputs of the same names, so
 * that its finite differences are what the gradient must be. Undefined if nothing is stopped.
 */
export function stopsAsInputs(build: Build): { readonly values: Build; readonly function: Build } | undefined {
  const trial = new Graph('what is stopped');
  build(trial);
  if (stopsOf(trial).length === 0) return undefined;
  return {
    values: (g) => {
      build(g);
      const stops = stopsOf(g).map((node) => [stopName(node.id), elementAt(node.inputs, 0)] as const);
      return Object.fromEntries(stops);
    },
    function: (g) => {
      const source = new Graph(g.label);
      const outputs = build(source);
      const copies = copyWithoutStops(source, g);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, t]) => [name, requireDefined(name, copies.get(t))]),
      );
    },
  };
}

const stopName = (id: number): string => `${stopPrefix}${id}`;

const stopsOf = (g: Graph) => g.nodes.filter(({ op }) => op.name === 'stopGradient');

/** Copies every node of `source` into `target`, with an input in place of each stop. */
function copyWithoutStops(source: Graph, target: Graph): ReadonlyMap<Tensor, Tensor> {
  const copies = new Map<Tensor, Tensor>();
  const copyOf = (t: Tensor): Tensor => requireDefined('an operand', copies.get(t));
  for (const { id, op, inputs, attributes, outputs, data } of source.nodes) {
    const [{ shape, dtype }] = outputs as readonly [Tensor];
    const made =
      op === inputOp
        ? [target.input(String(attributes['name']), shape, dtype)]
        : op.name === 'stopGradient'
          ? [target.input(stopName(id), shape, dtype)]
          : target.node(op, op === constantOp ? [] : inputs.map(copyOf), attributes, data);
    for (const [original, copy] of zip(outputs, made)) copies.set(original, copy);
  }
  return copies;
}
