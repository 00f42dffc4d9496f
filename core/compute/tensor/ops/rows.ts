import { shapeMismatch } from '../errors.js';
import { extentOf } from '../extents.js';
import { expectDType, type Op, type Tensor } from '../graph.js';
import { sameShape, sizeOf } from '../types.js';
import { expand, reshape } from './shape.js';
import { equal, where } from './elementwise.js';

const gatherRowsOp: Op<2> = {
  name: 'gatherRows',
  infer: ([table, ids]) => {
    expectDType('gatherRows', 'i32', ids);
    if (table.shape.length !== 2) throw shapeMismatch('gatherRows', [table, ids], 'a table of rank 2');
    return [{ shape: [...ids.shape, extentOf(table, 1)], dtype: table.dtype }];
  },
  gradient: ({ inputs: [table, ids] }, [dy]) => [
    dy && scatterAddRows(expand(dy.graph.scalar(0), table.shape), ids, dy),
  ],
};

/** Rows of `table` [V, D] at `ids` [...] → [..., D]. Ids must be in 0 … V−1. */
export const gatherRows = (table: Tensor, ids: Tensor): Tensor => table.graph.node(gatherRowsOp, [table, ids])[0];

/**
 * A primitive, because a parallel scatter with repeated ids is a race on several runtimes (ONNX Runtime's ScatterND
 * with reduction `add` gave 11 different results in 15 executions with 2 threads). Backends must add in the order of
 * `ids`.
 */
const scatterAddRowsOp: Op<3> = {
  name: 'scatterAddRows',
  infer: ([base, ids, updates]) => {
    expectDType('scatterAddRows', 'i32', ids);
    expectDType('scatterAddRows', 'f32', base, updates);
    if (base.shape.length !== 2 || !sameShape(updates.shape, [...ids.shape, extentOf(base, 1)]))
      throw shapeMismatch('scatterAddRows', [base, ids, updates], 'base [V, D], ids [...], updates [..., D]');
    return [{ shape: base.shape, dtype: 'f32' }];
  },
  gradient: ({ inputs: [, ids] }, [dy]) => [dy, undefined, dy && gatherRows(dy, ids)],
};

/** base [V, D] with `updates` [..., D] added to the rows at `ids` [...], repeated ids adding up in their order. */
export const scatterAddRows = (base: Tensor, ids: Tensor, updates: Tensor): Tensor =>
  base.graph.node(scatterAddRowsOp, [base, ids, updates])[0];

const pickOp: Op<2> = {
  name: 'pick',
  infer: ([x, ids]) => {
    expectDType('pick', 'i32', ids);
    if (x.shape.length !== 2 || !sameShape(ids.shape, x.shape.slice(0, 1)))
      throw shapeMismatch('pick', [x, ids], 'x [N, V] and ids [N]');
    return [{ shape: ids.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, ids] }, [dy]) => [
    dy && where(oneHot(ids, extentOf(x, 1)), expand(reshape(dy, [...dy.shape, 1]), x.shape), 0),
  ],
};

/** One element of each row: x [N, V] at `ids` [N] → [N]. */
export const pick = (x: Tensor, ids: Tensor): Tensor => x.graph.node(pickOp, [x, ids])[0];

/** bool [..., V]: true where the last index equals the id. */
export const oneHot = (ids: Tensor, classes: number): Tensor =>
  equal(reshape(ids, [...ids.shape, 1]), reshape(ids.graph.iota(classes), [...ids.shape.map(() => 1), classes]));

/** All leading axes folded into one: [..., D] → [N, D]. */
export const toRows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), extentOf(x, -1)]);
