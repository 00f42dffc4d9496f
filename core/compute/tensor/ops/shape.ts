import { shapeError, type OpDefinition, type Tensor } from '../graph.js';
import { broadcastShapes, sameShape, sizeOf, type Shape } from '../types.js';

/** A negative axis counts from the end. */
const axisOf = (x: Tensor, axis: number): number => (axis < 0 ? axis + x.shape.length : axis);

const reshapeOp: OpDefinition = {
  name: 'reshape',
  infer: ([x], a) => {
    const shape = a['shape'] as Shape;
    if (sizeOf(shape) !== sizeOf(x!.shape))
      shapeError('reshape', [x!], `${sizeOf(x!.shape)} elements, not shape [${shape.join(', ')}]`);
    return [{ shape, dtype: x!.dtype }];
  },
  gradient: (node, [dy]) => [dy && reshape(dy, node.inputs[0]!.shape)],
};

/** The same elements in row-major order under another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : x.graph.node(reshapeOp, [x], { shape })[0]!;

const transposeOp: OpDefinition = {
  name: 'transpose',
  infer: ([x], a) => {
    const order = a['order'] as readonly number[];
    if (
      order.length !== x!.shape.length ||
      new Set(order).size !== order.length ||
      order.some((i) => x!.shape[i] === undefined)
    ) {
      shapeError('transpose', [x!], `a permutation of ${x!.shape.length} axes, not [${order.join(', ')}]`);
    }
    return [{ shape: order.map((i) => x!.shape[i]!), dtype: x!.dtype }];
  },
  gradient: (node, [dy]) => {
    const order = node.attributes['order'] as readonly number[];
    return [
      dy &&
        transpose(
          dy,
          order.map((_, i) => order.indexOf(i)),
        ),
    ];
  },
};

/** Axis i of the result is axis `order[i]` of x. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor => x.graph.node(transposeOp, [x], { order })[0]!;

const sliceOp: OpDefinition = {
  name: 'slice',
  infer: ([x], a) => {
    const [axis, start, end] = [a['axis'], a['start'], a['end']] as [number, number, number];
    const extent = x!.shape[axis];
    if (extent === undefined || start < 0 || end > extent || start >= end)
      shapeError('slice', [x!], `a non-empty range of axis ${axis}, not ${start}…${end}`);
    return [{ shape: x!.shape.map((n, i) => (i === axis ? end - start : n)), dtype: x!.dtype }];
  },
  gradient: (node, [dy]) => {
    const x = node.inputs[0]!;
    const [axis, start, end] = [node.attributes['axis'], node.attributes['start'], node.attributes['end']] as [
      number,
      number,
      number,
    ];
    if (!dy) return [];
    const zeros = (n: number): Tensor[] =>
      n > 0
        ? [
            expand(
              x.graph.scalar(0),
              x.shape.map((extent, i) => (i === axis ? n : extent)),
            ),
          ]
        : [];
    return [concat([...zeros(start), dy, ...zeros(x.shape[axis]! - end)], axis)];
  },
};

/** Elements start … end−1 along one axis. */
export const slice = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  x.graph.node(sliceOp, [x], { axis: axisOf(x, axis), start, end })[0]!;

const concatOp: OpDefinition = {
  name: 'concat',
  infer: (inputs, a) => {
    const axis = a['axis'] as number;
    const [first, ...rest] = inputs;
    const fits = (t: Tensor): boolean =>
      t.dtype === first!.dtype &&
      t.shape.length === first!.shape.length &&
      t.shape.every((n, i) => i === axis || n === first!.shape[i]);
    if (!first || first.shape[axis] === undefined || !rest.every(fits))
      shapeError('concat', inputs, `equal types and extents but for axis ${axis}`);
    return [
      {
        shape: first.shape.map((n, i) => (i === axis ? inputs.reduce((sum, t) => sum + t.shape[i]!, 0) : n)),
        dtype: first.dtype,
      },
    ];
  },
  gradient: (node, [dy]) => {
    const axis = node.attributes['axis'] as number;
    let start = 0;
    return node.inputs.map((t) => {
      const end = start + t.shape[axis]!;
      const part = dy && slice(dy, axis, start, end);
      start = end;
      return part;
    });
  },
};

/** Tensors joined along one axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) shapeError('concat', [], 'at least one tensor');
  return tensors.length === 1 ? first : first.graph.node(concatOp, tensors, { axis: axisOf(first, axis) })[0]!;
}

const expandOp: OpDefinition = {
  name: 'expand',
  infer: ([x], a) => {
    const shape = a['shape'] as Shape;
    const out = broadcastShapes(x!.shape, shape);
    if (!out || !sameShape(out, shape)) shapeError('expand', [x!], `a shape that broadcasts to [${shape.join(', ')}]`);
    return [{ shape, dtype: x!.dtype }];
  },
  gradient: (node, [dy]) => [dy && sumTo(dy, node.inputs[0]!.shape)],
};

/** x broadcast to `shape`. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : x.graph.node(expandOp, [x], { shape })[0]!;

const reduceInfer =
  (name: string): OpDefinition['infer'] =>
  ([x], a) => {
    const axes = a['axes'] as readonly number[];
    if (x!.dtype !== 'f32' || axes.some((i) => x!.shape[i] === undefined))
      shapeError(name, [x!], `f32 with the axes ${axes.join(', ')}`);
    const kept = x!.shape.map((n, i) => (axes.includes(i) ? 1 : n));
    return [{ shape: a['keepDims'] ? kept : kept.filter((_, i) => !axes.includes(i)), dtype: 'f32' }];
  };

const keptShape = (x: Tensor, axes: readonly number[]): number[] => x.shape.map((n, i) => (axes.includes(i) ? 1 : n));

const sumOp: OpDefinition = {
  name: 'sum',
  infer: reduceInfer('sum'),
  gradient: (node, [dy]) => {
    const x = node.inputs[0]!;
    return [dy && expand(reshape(dy, keptShape(x, node.attributes['axes'] as readonly number[])), x.shape)];
  },
};

/** No gradient: it serves only to keep exponentials in range, where its gradient cancels (put `stopGradient` around x). */
const maxOp: OpDefinition = { name: 'max', infer: reduceInfer('max') };

const reduce =
  (op: OpDefinition) =>
  (x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Tensor =>
    axes.length === 0 ? x : x.graph.node(op, [x], { axes: axes.map((i) => axisOf(x, i)), keepDims })[0]!;

/** Sum over some axes, by default all. */
export const sum = reduce(sumOp);
/** Largest element over some axes, by default all. Not differentiable. */
export const max = reduce(maxOp);

/** Sums a broadcast gradient back to the shape it was broadcast from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, i) => (i < offset || (shape[i - offset] === 1 && n !== 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}
