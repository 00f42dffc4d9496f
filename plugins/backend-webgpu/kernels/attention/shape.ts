import type { Node } from '../../../../core/compute/tensor/graph.js';

/** Extents of attention over packed rows. */
export interface AttentionShape {
  readonly rows: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly width: number;
}

export function attentionShape(node: Node): AttentionShape {
  const [rows, length, total] = node.inputs[0]!.shape as [number, number, number];
  const heads = node.attributes['heads'] as number;
  return { rows, length, heads, kvHeads: node.attributes['kvHeads'] as number, width: total / heads };
}

export const describe = (s: AttentionShape): string =>
  `${s.rows}x${s.length}, ${s.heads} heads of ${s.width} on ${s.kvHeads}`;

/** Extents of attention of one new token per slot over its cache. */
export interface DecodeShape {
  readonly slots: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly width: number;
  readonly capacity: number;
}

export function decodeShape(node: Node): DecodeShape {
  const [slots, total] = node.inputs[0]!.shape as [number, number],
    heads = node.attributes['heads'] as number;
  return {
    slots,
    heads,
    kvHeads: node.attributes['kvHeads'] as number,
    width: total / heads,
    capacity: node.inputs[3]!.shape[3]!,
  };
}

export const describeDecode = (s: DecodeShape): string =>
  `${s.slots}x${s.capacity}, ${s.heads} heads of ${s.width} on ${s.kvHeads}`;

/** Lower than any score: the running maximum before the first one. */
export const lowest = '-3.4028234e38';
