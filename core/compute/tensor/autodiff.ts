import { zip } from '../../arrays.js';
import { lossNotScalar, noGradient } from './errors.js';
import type { Node, Tensor } from './graph.js';
import { add } from './ops/elementwise.js';
import { expand } from './ops/shape.js';

/** An output of a computation and d(loss)/d(output); undefined where the loss does not depend on it. */
type Seed = readonly [Tensor, Tensor | undefined];

/**
 * Reverse-mode differentiation: extends the graph of `loss` (a scalar) by d(loss)/d(x) for each x in `wrt`, through
 * every path, also one that leads through another tensor of `wrt`. Where no gradient flows the result is undefined.
 * `into` gives running sums: the result for x is then `into(x)` + the gradient.
 */
export function gradients(
  loss: Tensor,
  wrt: readonly Tensor[],
  into?: ReadonlyMap<Tensor, Tensor>,
): (Tensor | undefined)[] {
  if (loss.shape.length > 0) throw lossNotScalar(loss.shape);
  return vectorJacobian([[loss, loss.graph.scalar(1)]], wrt, into);
}

/**
 * The same for several outputs with a given gradient each: how blocks of a deep network are differentiated one by one.
 */
export function vectorJacobian(
  seeds: readonly Seed[],
  wrt: readonly Tensor[],
  into: ReadonlyMap<Tensor, Tensor> = new Map(),
): (Tensor | undefined)[] {
  const outputs = seeds.map(([output]) => output);
  const path = nodesBetween(wrt, outputs, false);
  const inner = new Set(path);
  // A running sum enters before the first term, where a backend can accumulate in place; but what flows on from an
  // inner tensor must be the gradient alone.
  const total = propagate(path, seeds, wrt, new Map([...into].filter(([x]) => !inner.has(x.node))));
  return wrt.map((x) => {
    const gradient = total.get(x),
      sum = inner.has(x.node) ? into.get(x) : undefined;
    return sum && gradient ? add(sum, gradient) : (sum ?? gradient);
  });
}

/** Takes gradients back along `path`; `total` starts with running sums and ends with what has arrived at `wrt`. */
function propagate(
  path: readonly Node[],
  seeds: readonly Seed[],
  wrt: readonly Tensor[],
  total: Map<Tensor, Tensor>,
): Map<Tensor, Tensor> {
  const accumulate = (x: Tensor, gradient: Tensor | undefined): void => {
    if (!gradient) return;
    const sum = total.get(x);
    total.set(x, sum ? add(sum, gradient) : expand(gradient, x.shape));
  };
  for (const [output, seed] of seeds) accumulate(output, seed);
  const wanted = new Set(wrt);
  for (const node of [...path].reverse()) {
    const outputGradients = node.outputs.map((t) => total.get(t));
    if (outputGradients.every((g) => g === undefined)) continue;
    const inputGradients = nodeGradient(node, outputGradients);
    for (const [i, x] of node.inputs.entries()) accumulate(x, inputGradients[i]);
    for (const t of node.outputs) if (!wanted.has(t)) total.delete(t);
  }
  return total;
}

function nodeGradient(node: Node, outputGradients: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[] {
  if (node.op.gradient) return node.op.gradient(node, outputGradients);
  if (!node.op.decompose) throw noGradient(node.op.name);
  // Equal nodes are shared, so what is rebuilt here is merged with the forward pass when macro-ops are decomposed.
  const outputs = node.op.decompose(node.inputs, node.attributes);
  const seeds = [...zip(outputs, outputGradients)].map(([output, gradient]): Seed => [output, gradient]);
  const total = propagate(nodesBetween(node.inputs, outputs, true), seeds, node.inputs, new Map());
  // A tensor that is two inputs has received the gradients of both.
  return node.inputs.map((x, i) => (node.inputs.indexOf(x) === i ? total.get(x) : undefined));
}

/**
 * Nodes on a path from `from` to `to`, in topological order; none leads through stopGradient. With `cut`, `from` are
 * taken as independent variables: no path leads through the node of one of them.
 */
function nodesBetween(from: readonly Tensor[], to: readonly Tensor[], cut: boolean): Node[] {
  const [first] = to;
  if (!first) return [];
  const sources = new Set<Node>(from.map((t) => t.node));
  const reached = new Set<Node>(sources);
  const last = to.reduce((id, t) => Math.max(id, t.node.id), -1);
  const forward: Node[] = [];
  for (const node of first.graph.nodes.slice(0, last + 1)) {
    if (node.op.name === 'stopGradient' || (cut && sources.has(node))) continue;
    if (node.inputs.some((t) => reached.has(t.node))) {
      reached.add(node);
      forward.push(node);
    }
  }
  const needed = new Set<Node>(to.map((t) => t.node));
  for (const node of [...forward].reverse()) if (needed.has(node)) node.inputs.forEach((t) => needed.add(t.node));
  return forward.filter((n) => needed.has(n));
}
