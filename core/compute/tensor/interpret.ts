import { OrzError } from '../../errors.js';
import { expandMacros } from './expand.js';
import type { Graph, Node, Tensor } from './graph.js';
import { kernels } from './interpret/kernels.js';
import type { Values } from './interpret/walk.js';
import { formatType, sizeOf } from './types.js';

/**
 * Runs graphs in plain TypeScript, every value a double from the inputs to the outputs: slow and obviously right. It is the
 * oracle of the conformance suite, the ground for gradient checks by finite differences, and the engine of the reference
 * backend. Macro-ops run by their definition.
 */
export interface Interpreter {
  /** Outputs by name, not rounded to f32. Inputs are read as doubles; each must be named and as long as its shape says. */
  run(inputs: Readonly<Record<string, ArrayLike<number>>>): Record<string, Float64Array>;
}

/** Prepares a graph for any number of runs. Throws ORZ_GRAPH_INVALID for an operation nobody defined. */
export function createInterpreter(graph: Graph): Interpreter {
  const expanded = expandMacros(graph, () => false);
  const nodes = expanded.liveNodes();
  for (const { op } of nodes) {
    if (op.name in kernels || op.name === 'input' || op.name === 'constant') continue;
    throw new OrzError('ORZ_GRAPH_INVALID', `graph "${graph.label}": unknown operation "${op.name}"`, {
      value: op.name,
      allowed: Object.keys(kernels),
      remedy: 'give it a definition in terms of these (`expand`)',
    });
  }
  const lastUse = lastUses(nodes, expanded.outputs.values());
  return {
    run: (inputs) => {
      const values = bind(expanded, inputs);
      nodes.forEach((node, i) => {
        evaluate(node, values);
        for (const t of lastUse[i]!) values.delete(t);
      });
      return Object.fromEntries([...expanded.outputs].map(([name, t]) => [name, values.get(t)!.slice()]));
    },
  };
}

/** Runs a graph once; see {@link Interpreter}. */
export const interpret = (
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> => createInterpreter(graph).run(inputs);

function evaluate(node: Node, values: Map<Tensor, Values>): void {
  const { name } = node.op;
  if (name === 'input') return;
  values.set(
    node.outputs[0]!,
    name === 'constant'
      ? Float64Array.from(node.data!)
      : kernels[name]!(
          node,
          node.inputs.map((t) => values.get(t)!),
        ),
  );
}

/** For each node the tensors that no later one reads, so that a long graph does not hold all its values. */
function lastUses(nodes: readonly Node[], outputs: Iterable<Tensor>): Tensor[][] {
  const seen = new Set<Tensor>(outputs);
  return nodes
    .map((node) => node)
    .reverse()
    .map((node) => {
      const last = [...node.inputs, ...node.outputs].filter((t) => !seen.has(t));
      last.forEach((t) => seen.add(t));
      return last;
    })
    .reverse();
}

function bind(graph: Graph, inputs: Readonly<Record<string, ArrayLike<number>>>): Map<Tensor, Values> {
  const values = new Map<Tensor, Values>();
  for (const [name, t] of graph.inputs) {
    const data = inputs[name];
    if (data?.length !== sizeOf(t.shape)) {
      throw new OrzError(
        'ORZ_PROGRAM_INPUT',
        `graph "${graph.label}": input "${name}" ${formatType(t)} needs ${sizeOf(t.shape)} values, not ${data?.length ?? 'none'}`,
        { value: name, allowed: [...graph.inputs.keys()] },
      );
    }
    values.set(t, Float64Array.from(data));
  }
  const unknown = Object.keys(inputs).find((name) => !graph.inputs.has(name));
  if (unknown !== undefined)
    throw new OrzError('ORZ_PROGRAM_INPUT', `graph "${graph.label}" has no input "${unknown}"`, {
      value: unknown,
      allowed: [...graph.inputs.keys()],
    });
  return values;
}
