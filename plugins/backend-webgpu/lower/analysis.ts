import type { Graph, Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import { isPointwise, pointwiseCost } from './expression.js';
import { buffersOf } from './kernel.js';
import { isInline, withoutReshape } from './value.js';

/** Above this many instructions an element that several kernels read is stored instead of computed again by each. */
const worthStoring = 24;
/** The same for an element that is read many times by one kernel, because it is broadcast. */
const worthStoringRepeated = 2;

/** Which tensors of a graph are stored; all others are written out where they are read. */
export interface Analysis {
  /** Live nodes without those that only rename or inline, in topological order. */
  readonly nodes: readonly Node[];
  isStored(t: Tensor): boolean;
}

/** Nodes that compute something; reshapes and inline constants do not. */
const computes = (node: Node): boolean => !['reshape', 'stopGradient'].includes(node.op.name);

/** Whether an operation reads its inputs by expressions of the lowering; others need all of them in memory. */
const readsExpressions = (node: Node): boolean => isPointwise(node) || node.op.name === 'sum' || node.op.name === 'max';

/** Elements that a node asks of an input: its own domain. */
const domainOf = (node: Node): number => sizeOf((isPointwise(node) ? node.outputs[0]! : node.inputs[0]!).shape);

class StorageChoice implements Analysis {
  readonly nodes: readonly Node[];
  private readonly chosen = new Set<Tensor>();
  private readonly readers = new Map<Tensor, Node[]>();
  private readonly cost = new Map<Tensor, number>();
  /** Stored tensors that the expression of a tensor reads. */
  private readonly leaves = new Map<Tensor, Set<Tensor>>();

  constructor(
    graph: Graph,
    private readonly limit: BindingLimit,
  ) {
    this.nodes = graph.liveNodes().filter(computes);
    for (const t of graph.outputs.values()) this.chosen.add(withoutReshape(t));
    for (const node of this.nodes) {
      for (const t of new Set(node.inputs.map(withoutReshape))) {
        if (!readsExpressions(node)) this.chosen.add(t);
        const list = this.readers.get(t);
        if (list) list.push(node);
        else this.readers.set(t, [node]);
      }
    }
    for (const node of this.nodes) if (readsExpressions(node)) this.decide(node);
  }

  isStored(t: Tensor): boolean {
    const { node } = t;
    return this.chosen.has(t) || !(isPointwise(node) || isInline(node));
  }

  private decide(node: Node): void {
    const t = node.outputs[0]!,
      inputs = [...new Set(node.inputs.map(withoutReshape))];
    const leaves = this.gather(node, inputs);
    this.leaves.set(t, leaves);
    const cost = inputs.reduce(
      (total, x) => total + (this.isStored(x) ? 1 : (this.cost.get(x) ?? 0)),
      pointwiseCost(node),
    );
    this.cost.set(t, cost);
    if (!isPointwise(node)) return;
    const readers = this.readers.get(t) ?? [];
    const repeated = readers.some((reader) => domainOf(reader) >= 2 * sizeOf(t.shape));
    if ((readers.length > 1 && cost > worthStoring) || (repeated && cost > worthStoringRepeated)) this.chosen.add(t);
  }

  /** What an expression over `inputs` reads; inputs are stored, those that read most first, until a kernel can bind it or nothing is left to store. */
  private gather(node: Node, inputs: readonly Tensor[]): Set<Tensor> {
    for (;;) {
      const leaves = new Set<Tensor>();
      for (const x of inputs) for (const leaf of this.isStored(x) ? [x] : (this.leaves.get(x) ?? [])) leaves.add(leaf);
      const [first, ...others] = inputs.filter((x) => !this.isStored(x));
      if (first === undefined || this.bindings(node, leaves) <= this.limit.most) return leaves;
      this.chosen.add(
        others.reduce((a, b) => ((this.leaves.get(b)?.size ?? 0) > (this.leaves.get(a)?.size ?? 0) ? b : a), first),
      );
    }
  }

  /** Buffers that a kernel for the node binds for `leaves`: of tensors as large as an element-wise result, which are read at its own element, one part at a time. */
  private bindings(node: Node, leaves: ReadonlySet<Tensor>): number {
    const own = isPointwise(node) ? sizeOf(node.outputs[0]!.shape) : undefined;
    return [...leaves].reduce(
      (sum, leaf) => sum + (sizeOf(leaf.shape) === own ? 1 : buffersOf(sizeOf(leaf.shape), this.limit.largestBuffer)),
      0,
    );
  }
}

/** Buffers that an expression may read, and bytes that one holds. */
export interface BindingLimit {
  readonly most: number;
  readonly largestBuffer: number;
}

/** Chooses what is stored so that no expression reads more buffers than a kernel can bind, if there is such a choice. */
export const analyse = (graph: Graph, limit: BindingLimit): Analysis => new StorageChoice(graph, limit);
