import { OrzError } from '../../errors.js';
import { formatType, sizeOf, type DType, type Shape, type TensorData, type TensorType } from './types.js';

/** Attributes of a node: small plain values fixed when the graph is built. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[] | undefined>>;

/** One value in a graph: output `index` of `node`. */
export interface Tensor extends TensorType {
  readonly graph: Graph;
  readonly node: Node;
  readonly index: number;
}

export interface Node {
  /** Position in `graph.nodes`; inputs always have smaller ids, so the list is in topological order. */
  readonly id: number;
  readonly op: OpDefinition;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
  /** Only for `constant`: the values, in row-major order. */
  readonly data?: TensorData;
}

/**
 * What the engine knows of an operation. A primitive has no `expand`; every backend must run it. A macro-op has one: its
 * definition in terms of smaller operations is the truth, and a backend may run a kernel of its own instead.
 */
export interface OpDefinition {
  readonly name: string;
  /** Types of the outputs; throws ORZ_GRAPH_SHAPE or ORZ_GRAPH_DTYPE when the inputs do not fit. */
  infer(inputs: readonly Tensor[], attributes: Attributes): readonly TensorType[];
  /** Composite definition: the outputs built from smaller operations. */
  expand?(inputs: readonly Tensor[], attributes: Attributes): readonly Tensor[];
  /**
   * Vector-Jacobian product: given d(loss)/d(output) (undefined where an output is unused) return d(loss)/d(input) for each
   * input, undefined where none flows. Absent on a macro-op: autodiff differentiates `expand`. Absent on a primitive: not
   * differentiable, asking for it is an error.
   */
  gradient?(node: Node, outputGradients: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
}

/** A tensor program under construction: append-only, checked at every step, built by plain functions. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly outputs = new Map<string, Tensor>();
  /** Nodes by op, inputs and attributes: operations are pure, so equal ones are one node (what recomputation relies on). */
  private readonly known = new Map<string, Node>();

  constructor(readonly label: string) {}

  /** The outputs of an operation, checked by type inference; an equal node that exists already is used again. */
  node(op: OpDefinition, inputs: readonly Tensor[], attributes: Attributes = {}, data?: TensorData): readonly Tensor[] {
    for (const input of inputs) {
      if (input.graph !== this)
        throw new OrzError(
          'ORZ_GRAPH_INVALID',
          `${op.name}: an input belongs to graph "${input.graph.label}", not "${this.label}"`,
        );
    }
    const key = `${op.name}(${inputs.map((t) => `${t.node.id}.${t.index}`).join()})${JSON.stringify(attributes)}${data ? constantKey(data) : ''}`;
    const same = this.known.get(key);
    if (same) return same.outputs;
    const types = op.infer(inputs, attributes);
    const outputs: Tensor[] = [];
    const node: Node = { id: this.nodes.length, op, inputs, attributes, outputs, ...(data && { data }) };
    types.forEach((type, index) => outputs.push({ ...type, graph: this, node, index }));
    this.nodes.push(node);
    this.known.set(key, node);
    return outputs;
  }

  /** A named program input. */
  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.inputs.has(name))
      throw new OrzError('ORZ_GRAPH_INVALID', `graph "${this.label}" already has an input "${name}"`);
    const tensor = this.node(inputOp, [], { name, shape, dtype })[0]!;
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** Values fixed in the program; a copy is kept. */
  constant(data: TensorData, shape: Shape): Tensor {
    if (data.length !== sizeOf(shape))
      throw new OrzError(
        'ORZ_GRAPH_SHAPE',
        `constant of ${data.length} values does not fill shape [${shape.join(', ')}]`,
      );
    return this.node(constantOp, [], { shape, dtype: data instanceof Float32Array ? 'f32' : 'i32' }, data.slice())[0]!;
  }

  /** One value of shape []. ORZ_GRAPH_DTYPE if an i32 cannot hold it. */
  scalar(value: number, dtype: 'f32' | 'i32' = 'f32'): Tensor {
    if (dtype === 'i32' && (value | 0) !== value)
      throw new OrzError('ORZ_GRAPH_DTYPE', `${value} is no i32`, {
        value,
        allowed: 'integers of 32 bits',
        remedy: 'cast the tensor to f32 first',
      });
    return this.constant(dtype === 'f32' ? Float32Array.of(value) : Int32Array.of(value), []);
  }

  /** 0, 1, …, n−1 as i32. */
  iota(n: number): Tensor {
    return this.constant(
      Int32Array.from({ length: n }, (_, i) => i),
      [n],
    );
  }

  /** Names a program output. One tensor may carry several names. Bool cannot leave a program: cast it first. */
  output(name: string, tensor: Tensor): void {
    if (this.outputs.has(name))
      throw new OrzError('ORZ_GRAPH_INVALID', `graph "${this.label}" already has an output "${name}"`);
    if (tensor.dtype === 'bool')
      throw new OrzError('ORZ_GRAPH_DTYPE', `output "${name}" of graph "${this.label}" is bool; cast it to f32 or i32`);
    this.outputs.set(name, tensor);
  }

  /** Nodes that some output depends on, in topological order. */
  liveNodes(): Node[] {
    const live = new Set<Node>();
    const stack = [...this.outputs.values()].map((t) => t.node);
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (live.has(node)) continue;
      live.add(node);
      for (const input of node.inputs) stack.push(input.node);
    }
    return this.nodes.filter((n) => live.has(n));
  }
}

/** Exact for short constants and ranges; other long ones count as different unless they hold the very same array. */
function constantKey(data: TensorData): string {
  if (data.length <= 16) return `:${Array.from(data, (v) => (Object.is(v, -0) ? '-0' : v)).join()}`;
  if (data.every((v, i) => Object.is(v, i))) return `:iota${data.length}`;
  let identity = constantIds.get(data);
  if (identity === undefined) constantIds.set(data, (identity = nextConstantId++));
  return `:#${identity}`;
}
const constantIds = new WeakMap<TensorData, number>();
let nextConstantId = 0;

const declared = (_: readonly Tensor[], a: Attributes): TensorType[] => {
  const shape = a['shape'] as Shape;
  const bad = shape.find((extent) => !Number.isInteger(extent) || extent < 1);
  if (bad !== undefined)
    throw new OrzError('ORZ_GRAPH_SHAPE', `shape [${shape.join(', ')}] has the extent ${bad}`, {
      allowed: 'positive integers',
    });
  return [{ shape, dtype: a['dtype'] as DType }];
};

export const inputOp: OpDefinition = { name: 'input', infer: declared };
export const constantOp: OpDefinition = { name: 'constant', infer: declared };

/** Throws ORZ_GRAPH_SHAPE naming the op and all input types. */
export function shapeError(op: string, inputs: readonly TensorType[], expected: string): never {
  throw new OrzError('ORZ_GRAPH_SHAPE', `${op}(${inputs.map(formatType).join(', ')}): ${expected}`, {
    allowed: expected,
  });
}

/** Throws ORZ_GRAPH_DTYPE unless every input has the given dtype. */
export function expectDType(op: string, dtype: DType, ...inputs: readonly TensorType[]): void {
  const wrong = inputs.find((t) => t.dtype !== dtype);
  if (wrong)
    throw new OrzError('ORZ_GRAPH_DTYPE', `${op}(${inputs.map(formatType).join(', ')}): expected ${dtype}`, {
      value: wrong.dtype,
      allowed: dtype,
    });
}
