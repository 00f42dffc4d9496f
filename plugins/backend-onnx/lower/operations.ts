import type { Attributes } from '../../../core/compute/tensor/attributes.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { elementType } from '../model/proto.js';
import type { ModelBuilder, Value } from '../model/builder.js';

/** Adds the ONNX operators of one node to the model; `inputs` are in the order of the node's inputs. */
export type Lowering = (model: ModelBuilder, inputs: readonly Value[], node: Node) => Value;

const direct =
  (opType: string): Lowering =>
  (model, inputs) =>
    model.node(opType, inputs);
const list = (a: Attributes, name: string): readonly number[] => a[name] as readonly number[];
const number = (a: Attributes, name: string): number => a[name] as number;

const reduction =
  (opType: string): Lowering =>
  (model, inputs, { attributes: a }) =>
    model.node(opType, [inputs[0]!, model.integers(list(a, 'axes'))], {
      attributes: { keepdims: a['keepDims'] ? 1 : 0 },
    });

/** Σ x² over the axes of a sum, see `squaresSummed`. */
export const sumOfSquares: Lowering = reduction('ReduceSumSquare');

/**
 * Natural logarithm for the CPU. Log computes whole vectors and the rest of a thread's share by another formula, so its last
 * bits depend on the number of threads; the logarithm of a sum over one element is computed in one way.
 */
export const stableLog: Lowering = (model, [x], node) => {
  const { shape } = node.inputs[0]!;
  return model.node(
    'ReduceLogSum',
    [model.node('Reshape', [x!, model.integers([...shape, 1])]), model.integers([shape.length])],
    { attributes: { keepdims: 0 } },
  );
};

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
  stopGradient: (_, [x]) => x!,
  cast: (model, inputs, { attributes: a }) =>
    model.node('Cast', inputs, { attributes: { to: elementType[a['dtype'] as 'f32' | 'i32'] } }),
  gatherRows: (model, inputs) => model.node('Gather', inputs, { attributes: { axis: 0 } }),
  pick: (model, [x, ids], node) => {
    const [rows, columns] = node.inputs[0]!.shape as [number, number];
    if (node.outputs[0]!.dtype === 'f32') {
      const column = model.node('Reshape', [ids!, model.integers([rows, 1])]);
      return model.node('Reshape', [
        model.node('GatherElements', [x!, column], { attributes: { axis: 1 } }),
        model.integers([rows]),
      ]);
    }
    // The WebGPU provider has no GatherElements for int32.
    const firsts = model.constant(
      Int32Array.from({ length: rows }, (_, i) => i * columns),
      [rows],
    );
    return model.node(
      'Gather',
      [model.node('Reshape', [x!, model.integers([rows * columns])]), model.node('Add', [ids!, firsts])],
      { attributes: { axis: 0 } },
    );
  },
  reshape: (model, [x], { attributes: a }) => model.node('Reshape', [x!, model.integers(list(a, 'shape'))]),
  transpose: (model, [x], { attributes: a }) =>
    model.node('Transpose', [x!], { attributes: { perm: list(a, 'order') } }),
  slice: (model, [x], { attributes: a, outputs }) => {
    const [start, end, axis] = [number(a, 'start'), number(a, 'end'), number(a, 'axis')];
    if (outputs[0]!.dtype === 'f32')
      return model.node('Slice', [x!, model.integers([start]), model.integers([end]), model.integers([axis])]);
    // The WebGPU provider has no Slice for int32.
    return model.node(
      'Gather',
      [
        x!,
        model.constant(
          Int32Array.from({ length: end - start }, (_, i) => start + i),
          [end - start],
        ),
      ],
      { attributes: { axis } },
    );
  },
  concat: (model, inputs, { attributes: a }) =>
    model.node('Concat', inputs, { attributes: { axis: number(a, 'axis') } }),
  expand: (model, [x], { attributes: a }) => model.node('Expand', [x!, model.integers(list(a, 'shape'))]),
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
  rotary: (model, [x, cos, sin], node) => {
    const [tokens, width] = node.inputs[0]!.shape as [number, number];
    const batch = model.node('Reshape', [x!, model.integers([1, tokens, width])]);
    // Token n takes row n of the tables. A third of the time of the nine operators of the definition.
    const turned = model.node('RotaryEmbedding', [batch, model.integers([0]), cos!, sin!], {
      domain: 'com.microsoft',
      attributes: {
        num_heads: number(node.attributes, 'heads'),
        rotary_embedding_dim: width / number(node.attributes, 'heads'),
      },
    });
    return model.node('Reshape', [turned, model.integers([tokens, width])]);
  },
};
