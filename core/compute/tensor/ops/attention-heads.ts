import { numberAttribute, type Attributes } from '../attributes.js';
import { shapeMismatch } from '../errors.js';
import { extents } from '../extents.js';
import type { Tensor } from '../graph.js';
import { reshape, transpose } from './shape.js';

/** Heads of grouped-query attention: how many there are, and how they lie in memory. */

/** Score of a forbidden attention pair: large enough to vanish in the softmax, finite so that no NaN arises. */
export const forbidden = -1e30;

export interface HeadCounts {
  readonly heads: number;
  readonly kvHeads: number;
}

export const headCounts = (attributes: Attributes): HeadCounts => ({
  heads: numberAttribute(attributes, 'heads'),
  kvHeads: numberAttribute(attributes, 'kvHeads'),
});

/** Width of one head of q [..., heads · h]; throws unless the heads divide the width and share key heads evenly. */
export function headWidth(op: string, q: Tensor, { heads, kvHeads }: HeadCounts): number {
  const width = q.shape.at(-1) ?? 0;
  if (!Number.isInteger(heads / kvHeads) || width % heads !== 0) {
    const expected = `a width that ${heads} heads divide, and a number of heads that ${kvHeads} key heads divide`;
    throw shapeMismatch(op, [q], expected);
  }
  return width / heads;
}

/**
 * Query heads that share a key head are stacked, so that no key is copied: [rows, R, heads · h] →
 * [rows, kvHeads, group · R, h].
 */
export function splitHeads(x: Tensor, heads: number, kvHeads: number): Tensor {
  const [rows, length, width] = extents(x, 3);
  const h = width / heads,
    group = heads / kvHeads;
  const byGroup = transpose(reshape(x, [rows, length, kvHeads, group, h]), [0, 2, 3, 1, 4]);
  return reshape(byGroup, [rows, kvHeads, group * length, h]);
}

/** The reverse of {@link splitHeads} for rows of `length` tokens. */
export function joinHeads(x: Tensor, heads: number, length: number): Tensor {
  const [rows, kvHeads, , h] = extents(x, 4);
  const byToken = transpose(reshape(x, [rows, kvHeads, heads / kvHeads, length, h]), [0, 3, 1, 2, 4]);
  return reshape(byToken, [rows, length, heads * h]);
}
