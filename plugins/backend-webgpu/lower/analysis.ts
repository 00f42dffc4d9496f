import { elementAt } from '../../../core/arrays.js';
import type { Graph, Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import { buffersOf } from './dispatch.js';
import { isPointwise, pointwiseCost } from './expression.js';
import { isInline, withoutReshape } from './value.js';

/** Above this many instructions an element that several kernels read is stored, not computed again by each. */
const maximumRecomputed = 24;
/** The same for an element that one kernel reads many times, because it is broadcast. */
const maximumRepeated = 2;

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

/** Number of elements that a node asks of an input. */
const domainOf = (node: Node): number => sizeOf(elementAt(isPointwise(node) ? node.outputs : node.inputs, 0).shape);

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
    const t = elementAt(node.outputs, 0),
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
    const isRepeated = readers.some((reader) => domainOf(reader) >= 2 * sizeOf(t.shape));
    if ((readers.length > 1 && cost > maximumRecomputed) || (isRepeated && cost > maximumRepeated)) this.chosen.add(t);
  }

  /**
   * What an expression over `inputs` reads; inputs are stored, those that read the most first, until a kernel can bind
   * it or nothing is left to store.
   */
  private gather(node: Node, inputs: readonly Tensor[]): Set<Tensor> {
    for (;;) {
      const leaves = new Set<Tensor>();
      for (const x of inputs) for (const leaf of this.leavesOf(x)) leaves.add(leaf);
      const [first, ...others] = inputs.filter((x) => !this.isStored(x));
      if (first === undefined || this.bindings(node, leaves) <= this.limit.maxBindings) return leaves;
      const leafCount = (x: Tensor): number => this.leaves.get(x)?.size ?? 0;
      this.chosen.add(others.reduce((a, b) => (leafCount(b) > leafCount(a) ? b : a), first));
    }
  }

  private leavesOf(x: Tensor): Iterable<Tensor> {
    return this.isStored(x) ? [x] : (this.leaves.get(x) ?? []);
  }

  /**
   * Number of buffers that a kernel for the node binds for `leaves`: of tensors as large as an element-wise result,
   * which are read at its own element, one part at a time.
   */
  private bindings(node: Node, leaves: ReadonlySet<Tensor>): number {
    const own = isPointwise(node) ? sizeOf(elementAt(node.outputs, 0).shape) : undefined;
    let count = 0;
    for (const { shape } of leaves) {
      const size = sizeOf(shape);
      count += size === own ? 1 : buffersOf(size, this.limit.largestBuffer);
    }
    return count;
  }
}

/** Maximum number of buffers that an expression may read, and bytes that one holds. */
export interface BindingLimit {
  readonly maxBindings: number;
  readonly largestBuffer: number;
}

/** Chooses what is stored so that no expression reads more buffers than a kernel can bind, if possible. */
export const analyse = (graph: Graph, limit: BindingLimit): Analysis => new StorageChoice(graph, limit);
