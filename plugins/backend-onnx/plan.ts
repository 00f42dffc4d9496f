import type { Graph, Node, Tensor } from '../../core/tensor/graph.js';
import { hostKernels } from './host/kernels.js';

/** One step of a program: an ONNX session over many nodes, or one host kernel. */
export type Step =
  | { readonly kind: 'session'; readonly nodes: readonly Node[]; readonly writes: readonly Tensor[] }
  | { readonly kind: 'host'; readonly node: Node; readonly inputs: readonly Tensor[] };

export interface Plan {
  readonly steps: readonly Step[];
  /** The tensor that holds each program output's elements. */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

const isSource = (node: Node): boolean => node.op.name === 'input' || node.op.name === 'constant';

/** A constant broadcast to a shape: made where it is needed, so that it never crosses from one step to another. */
export const isFill = (node: Node): boolean => node.op.name === 'expand' && node.inputs[0]!.node.op.name === 'constant' && node.inputs[0]!.shape.length === 0;

/** The tensor with the same elements in the same order: memory has no shape. */
function withoutReshape(t: Tensor): Tensor {
  while (t.node.op.name === 'reshape' || t.node.op.name === 'stopGradient') t = t.node.inputs[0]!;
  return t;
}

const isHost = (node: Node): boolean => hostKernels[node.op.name] !== undefined;

/** What a node reads: host kernels and program outputs look through reshapes. */
const reads = (node: Node): readonly Tensor[] => (isHost(node) ? node.inputs.map(withoutReshape) : node.inputs);

/**
 * Cuts a graph into as few steps as possible: the level of a node counts the changes between session and host on the way to
 * it, and all session nodes of one level form one session. Sessions come before host kernels of the same level, so that a
 * kernel that overwrites its donated input comes after the session that reads it.
 */
export function planSteps(graph: Graph): Plan {
  const outputs = new Map([...graph.outputs].map(([name, t]) => [name, withoutReshape(t)]));
  const nodes = liveNodes(graph, [...outputs.values()]);
  const levels = levelsOf(nodes);
  const readers = new Map<Tensor, Node[]>();
  for (const node of nodes) for (const t of reads(node)) readers.set(t, [...(readers.get(t) ?? []), node]);
  const wanted = new Set(outputs.values());
  const steps: Step[] = [];
  for (let level = 0; level <= Math.max(-1, ...levels.values()); level++) {
    const here = nodes.filter((n) => levels.get(n) === level && !isSource(n));
    const session = here.filter((n) => !isHost(n) && !isFill(n));
    const members = new Set(session);
    const leaves = (t: Tensor): boolean => wanted.has(t) || (readers.get(t) ?? []).some((n) => !members.has(n) && !isFill(n));
    const writes = session.flatMap((n) => n.outputs).filter(leaves);
    // Broadcast constants go with every session; those a session does not read are not emitted.
    if (session.length > 0) steps.push({ kind: 'session', nodes: nodes.filter((n) => members.has(n) || isFill(n)), writes });
    for (const node of here.filter(isHost)) steps.push({ kind: 'host', node, inputs: reads(node) });
  }
  return { steps, outputs };
}

function liveNodes(graph: Graph, outputs: readonly Tensor[]): Node[] {
  const live = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    for (const t of reads(node)) stack.push(t.node);
  }
  return graph.nodes.filter((n) => live.has(n));
}

function levelsOf(nodes: readonly Node[]): Map<Node, number> {
  const levels = new Map<Node, number>();
  for (const node of nodes) {
    let level = 0;
    for (const { node: input } of reads(node)) {
      if (isSource(input) || isFill(input)) continue;
      level = Math.max(level, levels.get(input)! + (isHost(input) === isHost(node) ? 0 : 1));
    }
    levels.set(node, level);
  }
  return levels;
}
