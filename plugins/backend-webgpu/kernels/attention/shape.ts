import { elementAt, lastOf } from '../../../../core/arrays.js';
import type { Node } from '../../../../core/compute/tensor/graph.js';
import type { Value } from '../../lower/value.js';

/** Extents of attention over packed rows. */
export interface AttentionShape {
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of a head. */
  readonly width: number;
}

export function attentionShape(node: Node): AttentionShape {
  const [rows, length, total] = elementAt(node.inputs, 0).shape as [number, number, number];
  const heads = node.attributes['heads'] as number;
  return { rows, length, heads, kvHeads: node.attributes['kvHeads'] as number, width: total / heads };
}

export const describe = (s: AttentionShape): string =>
  `${s.rows}x${s.length}, ${s.heads} heads of ${s.width} on ${s.kvHeads}`;

/** Number of pairs of a query and a head. */
export const queryCount = ({ rows, length, heads }: AttentionShape): number => rows * length * heads;

/** Number of query heads that read one key head. */
export const groupSize = ({ heads, kvHeads }: Pick<AttentionShape, 'heads' | 'kvHeads'>): number => heads / kvHeads;

/** Queries, keys and values [rows, length, heads · width], and the first token of each token's segment. */
export type AttentionInputs = Readonly<Record<'q' | 'k' | 'v' | 'starts', Value>>;

export const attentionInputs = (inputs: readonly Value[]): AttentionInputs => ({
  q: elementAt(inputs, 0),
  k: elementAt(inputs, 1),
  v: elementAt(inputs, 2),
  starts: elementAt(inputs, 3),
});

/** Also the result and its gradient. */
export type GradientInputs = AttentionInputs & Readonly<Record<'y' | 'dy', Value>>;

export const gradientInputs = (inputs: readonly Value[]): GradientInputs => ({
  ...attentionInputs(inputs),
  y: elementAt(inputs, 4),
  dy: elementAt(inputs, 5),
});

/**
 * What the gradient of queries gives: dq, and for the gradient of keys the log-sum of exponentials of every query, then
 * the mean gradient of every query's weights.
 */
export interface QueryGradient {
  readonly dq: Value;
  readonly statistics: Value;
}

/** The gradient of keys and values, and the statistics of queries it is made from. */
export interface KeyGradient {
  readonly dk: Value;
  readonly dv: Value;
  readonly statistics: Value;
}

/** Extents of attention of one new token per lane of the decode batch over its cache. */
export interface DecodeShape {
  readonly lanes: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly width: number;
  readonly capacity: number;
}

export function decodeShape(node: Node): DecodeShape {
  const [lanes, total] = elementAt(node.inputs, 0).shape as [number, number],
    heads = node.attributes['heads'] as number;
  return {
    lanes,
    heads,
    kvHeads: node.attributes['kvHeads'] as number,
    width: total / heads,
    capacity: lastOf(elementAt(node.inputs, 3).shape),
  };
}

export const describeDecode = (s: DecodeShape): string =>
  `${s.lanes}x${s.capacity}, ${s.heads} heads of ${s.width} on ${s.kvHeads}`;

/**
 * Query, key and value of the new token [lanes, heads · width], the caches of keys [lanes, kvHeads, width, capacity]
 * and values [lanes, kvHeads, capacity, width], and the number of cached tokens of each lane.
 */
export type DecodeInputs = Readonly<Record<'q' | 'k' | 'v' | 'keys' | 'values' | 'lengths', Value>>;

export const decodeInputs = (inputs: readonly Value[]): DecodeInputs => ({
  q: elementAt(inputs, 0),
  k: elementAt(inputs, 1),
  v: elementAt(inputs, 2),
  keys: elementAt(inputs, 3),
  values: elementAt(inputs, 4),
  lengths: elementAt(inputs, 5),
});

/** The running maximum before the first score: below any score. */
export const initialMaximum = '-3.4028234e38';
