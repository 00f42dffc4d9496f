import { elementAt } from '../../../core/arrays.js';
import type { Attributes } from '../../../core/compute/tensor/attributes.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { elementType } from '../model/proto.js';
import type { ModelBuilder, Value } from '../model/builder.js';

/** Adds the ONNX operators of one node to the model; `inputs` are in the order of the node's inputs. */
export type Lowering = (model: ModelBuilder, inputs: readonly Value[], node: Node) => Value;

/** The lowering of an operation with one input. */
const unary =
  (lower: (model: ModelBuilder, x: Value, node: Node) => Value): Lowering =>
  (model, inputs, node) =>
    lower(model, elementAt(inputs, 0), node);

const direct =
  (opType: string): Lowering =>
  (model, inputs) =>
    model.node(opType, inputs);
const list = (a: Attributes, name: string): readonly number[] => a[name] as readonly number[];
const number = (a: Attributes, name: string): number => a[name] as number;

const reduction = (opType: string): Lowering =>
  unary((model, x, { attributes: a }) =>
    model.node(opType, [x, model.integers(list(a, 'axes'))], { attributes: { keepdims: a['keepDims'] ? 1 : 0 } }),
  );

const reshape = (model: ModelBuilder, x: Value, shape: readonly number[]): Value => model.reshape(x, shape);

/** `count` integers from `first` on, `step` apart, as a constant of the model. */
function progression(model: ModelBuilder, first: number, step: number, count: number): Value {
  const values = Int32Array.from({ length: count }, (_, i) => first + i * step);
  return model.constant(values, [count]);
}

/** Σ x² over the axes of a sum, see `squaresSummed`. */
export const sumOfSquares: Lowering = reduction('ReduceSumSquare');

/**
 * Natural logarithm for the CPU. Log computes whole vectors and the rest of a thread's share by another formula, so its
 * last bits depend on the number of threads; the logarithm of a sum over one element is always computed in one way.
 */
export const stableLog: Lowering = unary((model, x, node) => {
  const { shape } = elementAt(node.inputs, 0);
  const column = reshape(model, x, [...shape, 1]);
  return model.node('ReduceLogSum', [column, model.integers([shape.length])], { attributes: { keepdims: 0 } });
});

const pick: Lowering = (model, inputs, node) => {
  const [rows, columns] = elementAt(node.inputs, 0).shape as [number, number];
  const x = elementAt(inputs, 0),
    ids = elementAt(inputs, 1);
  if (elementAt(node.outputs, 0).dtype === 'f32') {
    const column = reshape(model, ids, [rows, 1]);
    return reshape(model, model.node('GatherElements', [x, column], { attributes: { axis: 1 } }), [rows]);
  }
  // The WebGPU provider has no GatherElements for int32.
  const firsts = progression(model, 0, columns, rows);
  const flat = reshape(model, x, [rows * columns]);
  return model.node('Gather', [flat, model.node('Add', [ids, firsts])], { attributes: { axis: 0 } });
};

const slice = unary((model, x, { attributes: a, outputs }) => {
  const start = number(a, 'start'),
    end = number(a, 'end'),
    axis = number(a, 'axis');
  if (elementAt(outputs, 0).dtype === 'f32')
    return model.node('Slice', [x, model.integers([start]), model.integers([end]), model.integers([axis])]);
  // The WebGPU provider has no Slice for int32.
  return model.node('Gather', [x, progression(model, start, 1, end - start)], { attributes: { axis } });
});

const rotary: Lowering = (model, inputs, node) => {
  const [tokens, width] = elementAt(node.inputs, 0).shape as [number, number];
  const heads = number(node.attributes, 'heads');
  const batch = reshape(model, elementAt(inputs, 0), [1, tokens, width]);
  // Token n takes row n of the tables. A third of the time of the nine operators of the definition.
  const rotated = model.node('RotaryEmbedding', [batch, model.integers([0]), ...inputs.slice(1)], {
    domain: 'com.microsoft',
    attributes: { num_heads: heads, rotary_embedding_dim: width / heads },
  });
  return reshape(model, rotated, [tokens, width]);
};

/** The memory of bf16 numbers is fed as words of 16 bits. */
const fromBf16 = unary((model, x) => {
  const stored = model.node('BitCast', [x], { attributes: { to: elementType.bf16 } });
  return model.node('Cast', [stored], { attributes: { to: elementType.f32 } });
});

/** Operations with one ONNX counterpart. matmul is not here: see product.ts. */
export const lowerings: Readonly<Record<string, Lowering>> = {
  neg: direct('Neg'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  abs: direct('Abs'),
  sigmoid: direct('Sigmoid'),
  add: direct('Add'),
  sub: direct('Sub'),
  mul: direct('Mul'),
  div: direct('Div'),
  minimum: direct('Min'),
  maximum: direct('Max'),
  less: direct('Less'),
  lessEqual: direct('LessOrEqual'),
  equal: direct('Equal'),
  and: direct('And'),
  where: direct('Where'),
  stopGradient: unary((_, x) => x),
  cast: (model, inputs, { attributes: a }) =>
    model.node('Cast', inputs, { attributes: { to: elementType[a['dtype'] as 'f32' | 'i32'] } }),
  fromBf16,
  gatherRows: (model, inputs) => model.node('Gather', inputs, { attributes: { axis: 0 } }),
  pick,
  reshape: unary((model, x, { attributes: a }) => reshape(model, x, list(a, 'shape'))),
  transpose: (model, inputs, { attributes: a }) =>
    model.node('Transpose', inputs, { attributes: { perm: list(a, 'order') } }),
  slice,
  concat: (model, inputs, { attributes: a }) =>
    model.node('Concat', inputs, { attributes: { axis: number(a, 'axis') } }),
  expand: unary((model, x, { attributes: a }) => model.node('Expand', [x, model.integers(list(a, 'shape'))])),
  sum: reduction('ReduceSum'),
  max: reduction('ReduceMax'),
  // Macro-ops with an operator of their own; the conformance suite compares them with their definitions.
  softmax: (model, inputs) => model.node('Softmax', inputs, { attributes: { axis: -1 } }),
  silu: (model, inputs) =>
    model.node('QuickGelu', inputs, { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } }),
  rmsNorm: (model, inputs, { attributes: a }) =>
    model.node('SimplifiedLayerNormalization', inputs, {
      attributes: { axis: -1, epsilon: { float: number(a, 'epsilon') } },
    }),
  rotary,
};
