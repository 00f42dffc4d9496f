import { elementAt } from '../../arrays.js';
import { decomposeMacroOps } from './decompose.js';
import { inputSize, unknownGraphInput, unknownOperation, valueNotComputed } from './errors.js';
import { constantOp, inputOp, type Graph, type Node, type Tensor } from './graph.js';
import { kernels } from './interpret/kernels.js';
import type { Kernel, Values } from './interpret/walk.js';
import { sizeOf } from './types.js';

type NamedNumbers = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Executes graphs in plain TypeScript, every value a double from the inputs to the outputs: slow and obviously right.
 * It is the oracle of the conformance suite, the ground for gradient checks by finite differences, and the engine of
 * the reference backend. Macro-ops are executed by their definition.
 */
export interface Interpreter {
  /**
   * Outputs by name, not rounded to f32. Inputs are read as doubles; each must be named and as long as its shape says.
   */
  execute(inputs: NamedNumbers): Record<string, Float64Array>;
}

/** One step of a prepared graph: a node, its kernel, and the tensors that no later step reads. */
interface Step {
  readonly node: Node;
  readonly kernel: Kernel;
  readonly lastRead: readonly Tensor[];
}

/** Prepares a graph for any number of executions. Throws ORZ_GRAPH_INVALID for an operation nobody defined. */
export function createInterpreter(graph: Graph): Interpreter {
  const primitives = decomposeMacroOps(graph, () => false);
  const steps = planSteps(primitives);
  return {
    execute: (inputs) => {
      const values = bind(primitives, inputs);
      for (const { node, kernel, lastRead } of steps) {
        values.set(
          elementAt(node.outputs, 0),
          kernel(
            node,
            node.inputs.map((t) => valueOf(values, t)),
          ),
        );
        for (const t of lastRead) values.delete(t);
      }
      return Object.fromEntries([...primitives.outputs].map(([name, t]) => [name, valueOf(values, t).slice()]));
    },
  };
}

/** Executes a graph once; see {@link Interpreter}. */
export const interpret = (graph: Graph, inputs: NamedNumbers): Record<string, Float64Array> =>
  createInterpreter(graph).execute(inputs);

/** The live nodes but inputs, in order, each with what can be freed after it: a long graph must not keep all values. */
function planSteps(graph: Graph): Step[] {
  const seen = new Set<Tensor>(graph.outputs.values());
  const steps: Step[] = [];
  for (const node of graph.liveNodes().reverse()) {
    if (node.op === inputOp) continue;
    const lastRead = [...node.inputs, ...node.outputs].filter((t) => !seen.has(t));
    for (const t of lastRead) seen.add(t);
    steps.push({ node, kernel: kernelOf(node, graph.label), lastRead });
  }
  return steps.reverse();
}

function kernelOf({ op, data }: Node, label: string): Kernel {
  if (op === constantOp) return () => Float64Array.from(data ?? []);
  const kernel = kernels[op.name];
  if (!kernel) throw unknownOperation(label, op.name, Object.keys(kernels));
  return kernel;
}

function valueOf(values: ReadonlyMap<Tensor, Values>, t: Tensor): Values {
  const value = values.get(t);
  if (!value) throw valueNotComputed(t);
  return value;
}

function bind(graph: Graph, inputs: NamedNumbers): Map<Tensor, Values> {
  const values = new Map<Tensor, Values>();
  const known = [...graph.inputs.keys()];
  for (const [name, t] of graph.inputs) {
    const data = inputs[name];
    if (data?.length !== sizeOf(t.shape))
      throw inputSize(graph.label, { name, shape: t.shape, dtype: t.dtype }, data?.length, known);
    values.set(t, Float64Array.from(data));
  }
  const unknown = Object.keys(inputs).find((name) => !graph.inputs.has(name));
  if (unknown !== undefined) throw unknownGraphInput(graph.label, unknown, known);
  return values;
}
