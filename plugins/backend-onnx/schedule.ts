import { elementAt } from '../../core/arrays.js';
import type { Graph, Node, Tensor } from '../../core/compute/tensor/graph.js';
import { missingTensor } from './errors.js';
import { hostKernels, movingKernels, wideningKernels, type HostKernel } from './host/kernels.js';

/** One step of a program: an ONNX session over many nodes, or one host kernel. */
export type Step =
  | { readonly kind: 'session'; readonly nodes: readonly Node[]; readonly writes: readonly Tensor[] }
  | { readonly kind: 'host'; readonly node: Node; readonly kernel: HostKernel; readonly inputs: readonly Tensor[] };

export interface Schedule {
  readonly steps: readonly Step[];
  /** The tensor that holds each program output's elements. */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

const isSource = (node: Node): boolean => node.op.name === 'input' || node.op.name === 'constant';

/** The number that a node broadcasts to its shape, or undefined if it does something else. */
export function fillValueOf(node: Node): number | undefined {
  const source = node.op.name === 'expand' ? elementAt(node.inputs, 0) : undefined;
  return source?.shape.length === 0 && source.node.op.name === 'constant' ? source.node.data?.[0] : undefined;
}

/** Whether a node broadcasts a constant: made where it is needed, so that it never crosses from one step to another. */
export const isFill = (node: Node): boolean => fillValueOf(node) !== undefined;

const keepsElements = (node: Node): boolean => node.op.name === 'reshape' || node.op.name === 'stopGradient';

/** The tensor with the same elements in the same order: memory has no shape. */
function withoutReshape(t: Tensor): Tensor {
  while (keepsElements(t.node)) t = elementAt(t.node.inputs, 0);
  return t;
}

/** Which nodes of a graph are executed on the host. */
class HostNodes {
  private readonly kernels: Readonly<Record<string, HostKernel>>;

  constructor(graph: Graph, withoutBf16: boolean) {
    const all = { ...hostKernels, ...movingKernels };
    const computes = graph
      .liveNodes()
      .some((n) => !isSource(n) && !isFill(n) && !keepsElements(n) && !(n.op.name in all));
    this.kernels = !computes ? all : withoutBf16 ? { ...hostKernels, ...wideningKernels } : hostKernels;
  }

  kernel(node: Node): HostKernel | undefined {
    return this.kernels[node.op.name];
  }

  has(node: Node): boolean {
    return this.kernel(node) !== undefined;
  }

  /** What a node reads: host kernels look through reshapes. */
  reads(node: Node): readonly Tensor[] {
    return this.has(node) ? node.inputs.map(withoutReshape) : node.inputs;
  }
}

/**
 * Cuts a graph into as few steps as possible: the level of a node counts the changes between session and host on the
 * way to it, and all session nodes of one level form one session. Sessions come before host kernels of the same level,
 * so that a kernel that overwrites its donated input comes after the session that reads it. `withoutBf16` says that
 * sessions cannot read bf16.
 */
export function scheduleSteps(graph: Graph, withoutBf16 = false): Schedule {
  const host = new HostNodes(graph, withoutBf16);
  const outputs = new Map([...graph.outputs].map(([name, t]) => [name, withoutReshape(t)]));
  const nodes = liveNodes(graph, host, [...outputs.values()]);
  const levels = levelsOf(nodes, host);
  const wanted = new Set(outputs.values());
  const steps: Step[] = [];
  for (let level = 0; level <= Math.max(-1, ...levels.values()); level++) {
    const here = nodes.filter((n) => levels.get(n) === level && !isSource(n));
    const session = new Set(here.filter((n) => !host.has(n) && !isFill(n)));
    const outside = new Set(nodes.filter((n) => !session.has(n) && !isFill(n)).flatMap((n) => host.reads(n)));
    const writes = [...session].flatMap((n) => n.outputs).filter((t) => wanted.has(t) || outside.has(t));
    // Broadcast constants go with every session; those a session does not read are not emitted.
    if (session.size > 0)
      steps.push({ kind: 'session', nodes: nodes.filter((n) => session.has(n) || isFill(n)), writes });
    for (const node of here) {
      const kernel = host.kernel(node);
      if (kernel) steps.push({ kind: 'host', node, kernel, inputs: host.reads(node) });
    }
  }
  return { steps, outputs };
}

function liveNodes(graph: Graph, host: HostNodes, outputs: readonly Tensor[]): Node[] {
  const live = new Set<Node>();
  const stack = outputs.map((t) => t.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    for (const t of host.reads(node)) stack.push(t.node);
  }
  return graph.nodes.filter((n) => live.has(n));
}

function levelsOf(nodes: readonly Node[], host: HostNodes): Map<Node, number> {
  const levels = new Map<Node, number>();
  for (const node of nodes) {
    let level = 0;
    for (const { node: input } of host.reads(node)) {
      if (isSource(input) || isFill(input)) continue;
      const before = levels.get(input);
      if (before === undefined) throw missingTensor(`node ${input.id} ("${input.op.name}")`);
      level = Math.max(level, before + (host.has(input) === host.has(node) ? 0 : 1));
    }
    levels.set(node, level);
  }
  return levels;
}
