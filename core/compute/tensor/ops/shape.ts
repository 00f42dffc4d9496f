import { flagAttribute, listAttribute, numberAttribute, type Attributes } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extentOf } from '../extents.js';
import type { Op, OpDefinition, Tensor } from '../graph.js';
import { broadcastShapes, formatShape, sameShape, sizeOf, type Shape } from '../types.js';

/** A negative axis counts from the end. */
const axisOf = (x: Tensor, axis: number): number => (axis < 0 ? axis + x.shape.length : axis);

/** The shape with the extents of the given axes put to `extent`. */
const withExtent = (shape: Shape, axes: readonly number[], extent: number): number[] =>
  shape.map((n, i) => (axes.includes(i) ? extent : n));

const reshapeOp: Op<1> = {
  name: 'reshape',
  infer: ([x], attributes) => {
    const shape = listAttribute(attributes, 'shape'),
      size = sizeOf(x.shape);
    if (sizeOf(shape) !== size)
      throw shapeMismatch('reshape', [x], `${size} elements, not shape ${formatShape(shape)}`);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x] }, [dy]) => [dy && reshape(dy, x.shape)],
};

/** The same elements in row-major order under another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : x.graph.node(reshapeOp, [x], { shape })[0];

const transposeOp: Op<1> = {
  name: 'transpose',
  infer: ([x], attributes) => {
    const order = listAttribute(attributes, 'order'),
      rank = x.shape.length;
    const shape = order.flatMap((i) => x.shape[i] ?? []);
    if (order.length !== rank || new Set(order).size !== rank || shape.length !== rank)
      throw shapeMismatch('transpose', [x], `a permutation of ${rank} axes, not ${formatShape(order)}`);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ attributes }, [dy]) => {
    const order = listAttribute(attributes, 'order');
    const inverse = order.map((_, i) => order.indexOf(i));
    return [dy && transpose(dy, inverse)];
  },
};

/** Axis i of the result is axis `order[i]` of x. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor => x.graph.node(transposeOp, [x], { order })[0];

interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceRange = (attributes: Attributes): SliceRange => ({
  axis: numberAttribute(attributes, 'axis'),
  start: numberAttribute(attributes, 'start'),
  end: numberAttribute(attributes, 'end'),
});

const sliceOp: Op<1> = {
  name: 'slice',
  infer: ([x], attributes) => {
    const { axis, start, end } = sliceRange(attributes);
    const extent = x.shape[axis];
    if (extent === undefined || start < 0 || end > extent || start >= end)
      throw shapeMismatch('slice', [x], `a non-empty range of axis ${axis}, not ${start}…${end}`);
    return [{ shape: withExtent(x.shape, [axis], end - start), dtype: x.dtype }];
  },
  gradient: ({ inputs: [x], attributes }, [dy]) => {
    if (!dy) return [];
    const { axis, start, end } = sliceRange(attributes);
    const zeros = (n: number): Tensor[] => (n > 0 ? [expand(x.graph.scalar(0), withExtent(x.shape, [axis], n))] : []);
    return [concat([...zeros(start), dy, ...zeros(extentOf(x, axis) - end)], axis)];
  },
};

/** Elements start … end−1 along one axis. */
export const slice = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  x.graph.node(sliceOp, [x], { axis: axisOf(x, axis), start, end })[0];

const concatOp: OpDefinition<readonly Tensor[], readonly [Tensor]> = {
  name: 'concat',
  infer: (inputs, attributes) => {
    const axis = numberAttribute(attributes, 'axis');
    const [first, ...rest] = inputs;
    const fits = (t: Tensor): boolean =>
      t.dtype === first?.dtype && sameShape(withExtent(t.shape, [axis], 1), withExtent(first.shape, [axis], 1));
    if (!first || first.shape[axis] === undefined || !rest.every(fits))
      throw shapeMismatch('concat', inputs, `equal types and extents but for axis ${axis}`);
    const total = inputs.reduce((sum, t) => sum + extentOf(t, axis), 0);
    return [{ shape: withExtent(first.shape, [axis], total), dtype: first.dtype }];
  },
  gradient: ({ inputs, attributes }, [dy]) => {
    const axis = numberAttribute(attributes, 'axis');
    let start = 0;
    return inputs.map((t) => {
      const end = start + extentOf(t, axis);
      const part = dy && slice(dy, axis, start, end);
      start = end;
      return part;
    });
  },
};

/** Tensors joined along one axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (!first) throw shapeMismatch('concat', [], 'at least one tensor');
  return tensors.length === 1 ? first : first.graph.node(concatOp, tensors, { axis: axisOf(first, axis) })[0];
}

const expandOp: Op<1> = {
  name: 'expand',
  infer: ([x], attributes) => {
    const shape = listAttribute(attributes, 'shape');
    const out = broadcastShapes(x.shape, shape);
    if (!out || !sameShape(out, shape))
      throw shapeMismatch('expand', [x], `a shape that broadcasts to ${formatShape(shape)}`);
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x] }, [dy]) => [dy && sumTo(dy, x.shape)],
};

/** x broadcast to `shape`. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : x.graph.node(expandOp, [x], { shape })[0];

const inferReduction =
  (name: string): Op<1>['infer'] =>
  ([x], attributes) => {
    const axes = listAttribute(attributes, 'axes');
    if (x.dtype !== 'f32' || axes.some((i) => x.shape[i] === undefined))
      throw shapeMismatch(name, [x], `f32 with the axes ${axes.join(', ')}`);
    const kept = withExtent(x.shape, axes, 1);
    const shape = flagAttribute(attributes, 'keepDims') ? kept : kept.filter((_, i) => !axes.includes(i));
    return [{ shape, dtype: 'f32' }];
  };

const sumOp: Op<1> = {
  name: 'sum',
  infer: inferReduction('sum'),
  gradient: ({ inputs: [x], attributes }, [dy]) => {
    const kept = withExtent(x.shape, listAttribute(attributes, 'axes'), 1);
    return [dy && expand(reshape(dy, kept), x.shape)];
  },
};

/**
 * No gradient: it serves only to keep exponentials in range, where its gradient cancels (put `stopGradient` around x).
 */
const maxOp: Op<1> = { name: 'max', infer: inferReduction('max') };

const reduction =
  (op: Op<1>) =>
  (x: Tensor, axes: readonly number[] = x.shape.map((_, i) => i), keepDims = false): Tensor =>
    axes.length === 0 ? x : x.graph.node(op, [x], { axes: axes.map((i) => axisOf(x, i)), keepDims })[0];

/** Sum over some axes, by default all. */
export const sum = reduction(sumOp);
/** Largest element over some axes, by default all. Not differentiable. */
export const max = reduction(maxOp);

/** Sums a broadcast gradient back to the shape it was broadcast from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const offset = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, i) => (i < offset || (shape[i - offset] === 1 && n !== 1) ? [i] : []));
  return reshape(sum(x, axes), shape);
}
