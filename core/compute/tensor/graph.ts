import { dtypeAttribute, listAttribute, type Attributes } from './attributes.js';
import {
  bf16Operand,
  boolOutput,
  constantSize,
  dtypeMismatch,
  duplicateName,
  foreignInput,
  invalidExtent,
  notAnI32,
  notATensor,
} from './errors.js';
import { sizeOf, type DType, type Shape, type TensorData, type TensorType, type Tuple } from './types.js';

/** One value in a graph: output `index` of `node`. */
export interface Tensor extends TensorType {
  readonly graph: Graph;
  readonly node: Node;
  readonly index: number;
}

/** False for what plugins without types pass by mistake, such as a field that does not exist. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'graph' in value && value.graph instanceof Graph;

type Tensors = readonly Tensor[];

export interface Node<Inputs extends Tensors = Tensors, Outputs extends Tensors = Tensors> {
  /** Position in `graph.nodes`; inputs always have smaller ids, so the list is in topological order. */
  readonly id: number;
  readonly op: OpDefinition;
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  readonly outputs: Outputs;
  /** Only for `constant`: the values, in row-major order. */
  readonly data?: TensorData;
}

/**
 * What the engine knows of an operation. A primitive has no `decompose`; every backend must execute it. A macro-op has
 * one: this definition in terms of smaller operations is the truth, and a backend may use a kernel of its own instead.
 */
export interface OpDefinition<Inputs extends Tensors = Tensors, Outputs extends Tensors = Tensors> {
  readonly name: string;
  /** Types of the outputs; throws ORZ_GRAPH_SHAPE or ORZ_GRAPH_DTYPE when the inputs do not fit. */
  infer(inputs: Inputs, attributes: Attributes): { readonly [Output in keyof Outputs]: TensorType };
  /** Definition of a macro-op: the outputs built from smaller operations. */
  decompose?(inputs: Inputs, attributes: Attributes): Outputs;
  /**
   * Whether the definition shares no node with equal ones elsewhere: what is large and equal there is computed again,
   * and need not be kept from one place to the other. By default all equal nodes are one.
   */
  recomputes?(inputs: Inputs): boolean;
  /**
   * Vector-Jacobian product: given d(loss)/d(output) (undefined where an output is unused) return d(loss)/d(input) for
   * each input, undefined where none flows. Absent on a macro-op: autodiff differentiates `decompose`. Absent on a
   * primitive: not differentiable, asking for it is an error.
   */
  gradient?(
    node: Node<Inputs, Outputs>,
    outputGradients: { readonly [Output in keyof Outputs]: Tensor | undefined },
  ): readonly (Tensor | undefined)[];
}

/** An operation of a fixed number of inputs and outputs. */
export type Op<Inputs extends number, Outputs extends number = 1> = OpDefinition<
  Tuple<Tensor, Inputs>,
  Tuple<Tensor, Outputs>
>;

/** A tensor program under construction: append-only, checked at every step, built by plain functions. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly outputs = new Map<string, Tensor>();
  /**
   * Nodes by op, inputs and attributes: operations are pure, so equal ones are one node (what recomputation relies on).
   */
  private readonly known = new Map<string, Node>();

  constructor(readonly label: string) {}

  /** The outputs of an operation, checked by type inference; an equal node that exists already is used again. */
  node<Inputs extends Tensors, Outputs extends Tensors>(
    op: OpDefinition<Inputs, Outputs>,
    inputs: NoInfer<Inputs>,
    attributes: Attributes = {},
    data?: TensorData,
  ): Outputs {
    for (const [position, input] of inputs.entries()) {
      if (!isTensor(input)) throw notATensor(op.name, input, position);
      if (input.graph !== this) throw foreignInput(op.name, input.graph.label, this.label);
    }
    const key = nodeKey(op.name, inputs, attributes, data);
    const node = this.known.get(key) ?? this.append(op, inputs, attributes, data);
    this.known.set(key, node);
    // As many as `infer` gave types, whose number is that of `Outputs`.
    return node.outputs as Outputs;
  }

  private append(op: OpDefinition, inputs: Tensors, attributes: Attributes, data?: TensorData): Node {
    if (op.name !== 'fromBf16' && inputs.some(({ dtype }) => dtype === 'bf16')) throw bf16Operand(op.name, inputs);
    const types = op.infer(inputs, attributes);
    const outputs: Tensor[] = [];
    const node: Node = { id: this.nodes.length, op, inputs, attributes, outputs, ...(data && { data }) };
    types.forEach((type, index) => outputs.push({ ...type, graph: this, node, index }));
    this.nodes.push(node);
    return node;
  }

  /** A named program input. */
  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.inputs.has(name)) throw duplicateName('input', name, this.label);
    const [tensor] = this.node(inputOp, [], { name, shape, dtype });
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** Values fixed in the program; a copy is kept. */
  constant(data: TensorData, shape: Shape): Tensor {
    if (data.length !== sizeOf(shape)) throw constantSize(data.length, shape);
    return this.node(constantOp, [], { shape, dtype: data instanceof Float32Array ? 'f32' : 'i32' }, data.slice())[0];
  }

  /** One value of shape []. ORZ_GRAPH_DTYPE if an i32 cannot hold it. */
  scalar(value: number, dtype: 'f32' | 'i32' = 'f32'): Tensor {
    if (dtype === 'i32' && (value | 0) !== value) throw notAnI32(value);
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
    if (this.outputs.has(name)) throw duplicateName('output', name, this.label);
    if (tensor.dtype === 'bool') throw boolOutput(name, this.label);
    this.outputs.set(name, tensor);
  }

  /** Nodes that some output depends on, in topological order. */
  liveNodes(): Node[] {
    const live = new Set<Node>();
    const stack = [...this.outputs.values()].map((t) => t.node);
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (live.has(node)) continue;
      live.add(node);
      for (const input of node.inputs) stack.push(input.node);
    }
    return this.nodes.filter((n) => live.has(n));
  }
}

/** Equal for nodes that compute the same. */
function nodeKey(op: string, inputs: Tensors, attributes: Attributes, data?: TensorData): string {
  const inputKeys = inputs.map((t) => `${t.node.id}.${t.index}`).join();
  return `${op}(${inputKeys})${JSON.stringify(attributes)}${data ? constantKey(data) : ''}`;
}

/** Exact for short constants and ranges; other long ones count as different unless they are the very same array. */
function constantKey(data: TensorData): string {
  if (data.length <= 16) return `:${Array.from(data, (v) => (Object.is(v, -0) ? '-0' : v)).join()}`;
  if (data.every((v, i) => Object.is(v, i))) return `:iota${data.length}`;
  let identity = constantIds.get(data);
  if (identity === undefined) constantIds.set(data, (identity = nextConstantId++));
  return `:#${identity}`;
}
const constantIds = new WeakMap<TensorData, number>();
let nextConstantId = 0;

function declared(_: readonly [], attributes: Attributes): readonly [TensorType] {
  const shape = listAttribute(attributes, 'shape');
  checkExtents(shape);
  return [{ shape, dtype: dtypeAttribute(attributes) }];
}

export const inputOp: Op<0> = { name: 'input', infer: declared };
export const constantOp: Op<0> = { name: 'constant', infer: declared };

/** Throws ORZ_GRAPH_SHAPE unless every extent is a positive integer. */
export function checkExtents(shape: Shape): void {
  const bad = shape.find((extent) => !Number.isInteger(extent) || extent < 1);
  if (bad !== undefined) throw invalidExtent(shape, bad);
}

/** Throws ORZ_GRAPH_DTYPE unless every input has the given dtype. */
export function expectDType(op: string, dtype: DType, ...inputs: readonly TensorType[]): void {
  const wrong = inputs.find((t) => t.dtype !== dtype);
  if (wrong) throw dtypeMismatch(op, inputs, dtype, wrong.dtype);
}
