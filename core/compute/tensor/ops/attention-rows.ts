import { elementAt } from '../../../arrays.js';
import { extentOf, extents } from '../extents.js';
import type { Tensor } from '../graph.js';
import { add, and, lessEqual, mul, sub, where } from './elementwise.js';
import { forbidden, joinHeads, splitHeads, type HeadCounts } from './attention-heads.js';
import { matmul } from './linear.js';
import { softmax } from './neural.js';
import { concat, reshape, slice, sum } from './shape.js';

/**
 * The definition of attention over packed rows, forward and backward, in blocks of queries: the scores of only one
 * block need exist at a time, and most of those above the diagonal are never computed. A short row is one block.
 */

/** Rows up to this length are one block: there two passes over few scores cost about as much as one over all. */
const oneBlock = 512;
/** Queries of one block of a longer row. */
const blockLength = 128;
/**
 * In how many steps the number of keys grows that the blocks of a row see. With more of them fewer scores are computed
 * in vain, an eighth of the square with four; but ONNX Runtime keeps a buffer for every shape of scores.
 */
const keySteps = 4;

/** Queries start … end−1, which may see keys 0 … keys−1, all up to themselves and perhaps some after them. */
export interface QueryBlock {
  readonly start: number;
  readonly end: number;
  readonly keys: number;
}

/** Whether a row is cut into several blocks. */
export const isLongRow = (length: number): boolean => length > oneBlock;

/** The blocks of a row; `size` is given to try others than a backend gets. */
export function queryBlocks(length: number, size = isLongRow(length) ? blockLength : length): QueryBlock[] {
  const count = Math.ceil(length / size);
  const step = size * Math.ceil(count / keySteps);
  return Array.from({ length: count }, (_, i) => {
    const end = Math.min(length, (i + 1) * size);
    return { start: i * size, end, keys: Math.min(length, step * Math.ceil(end / step)) };
  });
}

const part = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  start === 0 && end === x.shape[axis] ? x : slice(x, axis, start, end);

export interface AttentionTensors {
  /** f32 [rows, R, heads · h]. */
  readonly q: Tensor;
  /** f32 [rows, R, kvHeads · h]. */
  readonly k: Tensor;
  readonly v: Tensor;
  /** i32 [rows, R]: index within the row of the first token that each token sees. */
  readonly starts: Tensor;
}

/** A row as every block of it needs it. */
interface Row {
  readonly tensors: AttentionTensors;
  readonly counts: HeadCounts;
  /** [rows, kvHeads, R, h]. */
  readonly keys: Tensor;
  readonly values: Tensor;
  readonly scale: number;
}

function rowOf(tensors: AttentionTensors, counts: HeadCounts): Row {
  const { q, k, v } = tensors,
    { heads, kvHeads } = counts;
  const [, , width] = extents(q, 3);
  return {
    tensors,
    counts,
    keys: splitHeads(k, kvHeads, kvHeads),
    values: splitHeads(v, kvHeads, kvHeads),
    scale: 1 / Math.sqrt(width / heads),
  };
}

interface BlockParts {
  /** Scaled queries [rows, kvHeads, group · B, h]. */
  readonly queries: Tensor;
  /** [rows, kvHeads, K, h]. */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** [rows, kvHeads, group · B, K]. */
  readonly weights: Tensor;
}

function blockParts({ tensors, counts, keys: allKeys, values, scale }: Row, block: QueryBlock): BlockParts {
  const { heads, kvHeads } = counts;
  const { start, end, keys: seen } = block;
  const [rows] = extents(tensors.q, 3);
  const length = end - start,
    group = heads / kvHeads;
  const queries = mul(splitHeads(part(tensors.q, 1, start, end), heads, kvHeads), scale);
  const keys = part(allKeys, 2, 0, seen);
  const scores = reshape(matmul(queries, keys, { transB: true }), [rows, kvHeads, group, length, seen]);
  const bias = reshape(segmentCausalBias(tensors.starts, block), [rows, 1, 1, length, seen]);
  const weights = reshape(softmax(add(scores, bias)), [rows, kvHeads, group * length, seen]);
  return { queries, keys, values: part(values, 2, 0, seen), weights };
}

/** f32 [rows, B, K]: 0 where token i may see token j, that is starts[i] ≤ j ≤ i, else a very negative number. */
function segmentCausalBias(starts: Tensor, { start, end, keys }: QueryBlock): Tensor {
  const [rows, length] = extents(starts, 2);
  const { graph } = starts;
  const count = end - start;
  const j = reshape(graph.iota(keys), [1, 1, keys]);
  const i = reshape(part(graph.iota(length), 0, start, end), [1, count, 1]);
  const firsts = reshape(part(starts, 1, start, end), [rows, count, 1]);
  return where(and(lessEqual(firsts, j), lessEqual(j, i)), 0, forbidden);
}

/** The mixed values [rows, R, heads · h]. */
export function attendRows(tensors: AttentionTensors, counts: HeadCounts, blocks: readonly QueryBlock[]): Tensor {
  const row = rowOf(tensors, counts);
  const mixed = blocks.map((block) => {
    const { weights, values } = blockParts(row, block);
    return joinHeads(matmul(weights, values), counts.heads, block.end - block.start);
  });
  return concat(mixed, 1);
}

/** An output of attention and the gradient of the loss by it, both [rows, R, heads · h]. */
export interface OutputGradient {
  readonly y: Tensor;
  readonly dy: Tensor;
}

/** What the gradients of a block are made of. */
interface BlockGradient extends BlockParts {
  /** Gradient by the output [rows, kvHeads, group · B, h]. */
  readonly dMixed: Tensor;
  /** Gradient by the scores [rows, kvHeads, group · B, K]. */
  readonly dScores: Tensor;
}

/**
 * As in FlashAttention (Dao et al. 2022): the mean of the weights' gradient under the weights is taken from the output,
 * which is smaller than the weights by the ratio of head width to length.
 */
function blockGradient(row: Row, output: OutputGradient, block: QueryBlock): BlockGradient {
  const { heads, kvHeads } = row.counts;
  const { start, end } = block;
  const [rows, , width] = extents(row.tensors.q, 3);
  const parts = blockParts(row, block);
  const dy = part(output.dy, 1, start, end),
    y = part(output.y, 1, start, end);
  const dMixed = splitHeads(dy, heads, kvHeads);
  const perHead = sum(reshape(mul(dy, y), [rows, end - start, heads, width / heads]), [-1]);
  const mean = splitHeads(reshape(perHead, [rows, end - start, heads]), heads, kvHeads);
  const dScores = mul(parts.weights, sub(matmul(dMixed, parts.values, { transB: true }), mean));
  return { ...parts, dMixed, dScores };
}

/**
 * Gradients by q, k and v. The last block comes first: it sees all keys, and those that no block before it sees have
 * then got all that flows to them, so that the running sum shrinks.
 */
export function attendRowsGradient(
  tensors: AttentionTensors,
  output: OutputGradient,
  counts: HeadCounts,
  blocks: readonly QueryBlock[],
): [Tensor, Tensor, Tensor] {
  const { heads, kvHeads } = counts;
  const [, length] = extents(tensors.q, 3);
  const row = rowOf(tensors, counts);
  const dQueries: Tensor[] = [];
  const dk = new ShrinkingSum(),
    dv = new ShrinkingSum();
  for (const block of [...blocks].reverse()) {
    const { queries, keys, weights, dMixed, dScores } = blockGradient(row, output, block);
    // The running sums come before what is this block's alone, see `together`.
    const keySum = dk.plus(matmul(dScores, queries, { transA: true })),
      valueSum = dv.plus(matmul(weights, dMixed, { transA: true }));
    const own = mul(matmul(dScores, keys), row.scale);
    const isOnly = blocks.length === 1;
    const [allKeys, allValues, queryGradient] = isOnly
      ? [keySum, valueSum, own]
      : together(keySum, valueSum, own, block.start === 0);
    dk.running = allKeys;
    dv.running = allValues;
    dQueries.unshift(queryGradient);
  }
  const dq = blocks.map(({ start, end }, i) => joinHeads(elementAt(dQueries, i), heads, end - start));
  return [concat(dq, 1), joinHeads(dk.total(), kvHeads, length), joinHeads(dv.total(), kvHeads, length)];
}

/** A sum [rows, kvHeads, K, h] over terms of falling K, each of which counts for the first K keys. */
class ShrinkingSum {
  running?: Tensor;
  /** What is complete, in the order of keys. */
  private readonly complete: Tensor[] = [];

  /** The running sum and a term, of as many keys as the term has; the keys beyond are complete. */
  plus(term: Tensor): Tensor {
    if (!this.running) return term;
    const [, , all] = extents(this.running, 4),
      [, , keys] = extents(term, 4);
    if (keys < all) this.complete.unshift(slice(this.running, 2, keys, all));
    return add(part(this.running, 2, 0, keys), term);
  }

  total(): Tensor {
    return concat(this.running ? [this.running, ...this.complete] : this.complete, 2);
  }
}

/**
 * The same three [rows, kvHeads, *, h]; whoever asks for a sum, or for the last `own`, has all of them computed: they
 * are joined and taken apart again. A backend that executes a graph from its results back, what was made first before
 * the rest, then finishes a block before it begins the next; else it could put one of the three off and keep the scores
 * of every block for it. Of `own` one row is enough to be waited for, and what is joined then soon becomes free.
 */
function together(keySum: Tensor, valueSum: Tensor, own: Tensor, isLast: boolean): [Tensor, Tensor, Tensor] {
  const joined = concat([keySum, valueSum, isLast ? own : slice(own, 2, 0, 1)], 2);
  const keys = extentOf(keySum, 2);
  const [, , all] = extents(joined, 4);
  return [slice(joined, 2, 0, keys), slice(joined, 2, keys, 2 * keys), isLast ? slice(joined, 2, 2 * keys, all) : own];
}
