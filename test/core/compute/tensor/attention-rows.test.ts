import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../../core/compute/tensor/graph.js';
import { decomposeMacroOps } from '../../../../core/compute/tensor/decompose.js';
import { attention } from '../../../../core/compute/tensor/ops.js';
import {
  attendRows,
  attendRowsGradient,
  isLongRow,
  queryBlocks,
  type AttentionTensors,
} from '../../../../core/compute/tensor/ops/attention-rows.js';
import {
  differenceTolerance,
  evaluate,
  extent,
  given,
  gradientError,
  graphOf,
  random,
  type Operand,
} from './numeric.js';

interface Size {
  readonly rows: number;
  readonly length: number;
  readonly kvHeads: number;
  readonly group: number;
  readonly h: number;
}

const randomSize = (longest: number): Size => ({
  rows: extent(1, 2),
  length: extent(1, longest),
  kvHeads: extent(1, 2),
  group: extent(1, 3),
  h: extent(1, 3),
});

/** Rows of sequences that end anywhere, also on the border of a block. */
function randomStarts({ rows, length }: Size): Operand {
  const starts = Array.from({ length: rows }, () => {
    let start = 0;
    return Array.from({ length }, (_, j) => (start = extent(0, 6) === 0 ? j : start));
  });
  return given([rows, length], starts.flat(), 'i32');
}

function operandsOf(size: Size): [q: Operand, k: Operand, v: Operand, starts: Operand] {
  const { rows, length, kvHeads, group, h } = size;
  const values = (heads: number): Operand => random([rows, length, heads * h], -2, 2);
  return [values(kvHeads * group), values(kvHeads), values(kvHeads), randomStarts(size)];
}

function withSeed([q, k, v, starts, seed]: readonly Tensor[]): [AttentionTensors, seed: Tensor] {
  return [{ q: q!, k: k!, v: v!, starts: starts! }, seed!];
}

/** Attention token by token, with nothing but its formula; constants of a graph are f32. */
function naive(size: Size, [q, k, v, starts]: readonly Operand[]): number[] {
  const { rows, length, kvHeads, group, h } = size;
  const heads = kvHeads * group;
  const at = (x: Operand, row: number, i: number, column: number): number =>
    x.values[(row * length + i) * x.shape[2]! + column]!;
  const y: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < length; i++)
      for (let head = 0; head < heads; head++) {
        const kv = Math.floor(head / group);
        const first = starts!.values[row * length + i]!;
        const seen = Array.from({ length: i - first + 1 }, (_, n) => first + n);
        const dot = (j: number): number =>
          Array.from({ length: h }, (_, c) => at(q!, row, i, head * h + c) * at(k!, row, j, kv * h + c)).reduce(
            (a, b) => a + b,
          );
        const weights = seen.map((j) => Math.exp(dot(j) * Math.fround(1 / Math.sqrt(h))));
        const total = weights.reduce((a, b) => a + b);
        for (let c = 0; c < h; c++)
          y.push(seen.reduce((sum, j, n) => sum + (weights[n]! / total) * at(v!, row, j, kv * h + c), 0));
      }
  return y;
}

const largest = (a: Float64Array, b: ArrayLike<number>): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);

/** float64 sums of some hundred terms near 1 in another order. */
const orderTolerance = 1e-12;

describe('attention in blocks of queries', () => {
  it('has every query in one block, which sees at least the keys up to it', () => {
    for (const length of [1, 16, 512, 513, 640, 1000, 1024, 4099, 8192]) {
      const blocks = queryBlocks(length);
      expect(blocks[0]?.start).toBe(0);
      expect(blocks.at(-1)?.end).toBe(length);
      for (const [i, { start, end, keys }] of blocks.entries()) {
        if (i > 0) expect(start).toBe(blocks[i - 1]!.end);
        expect(keys).toBeGreaterThanOrEqual(end);
        expect(keys).toBeLessThanOrEqual(length);
      }
      expect(blocks.length > 1).toBe(isLongRow(length));
      const scores = blocks.reduce((total, { start, end, keys }) => total + (end - start) * keys, 0);
      // Half of the square, an eighth for the four steps of keys, and the last block's part of a step.
      if (length >= 1024) expect(scores / length ** 2).toBeLessThan(0.75);
    }
  });

  it('agrees with the formula at any size of row and block', () => {
    for (let i = 0; i < 15; i++) {
      const size = randomSize(20),
        operands = operandsOf(size);
      const blocks = queryBlocks(size.length, extent(1, 7));
      const counts = { heads: size.kvHeads * size.group, kvHeads: size.kvHeads };
      const [y] = evaluate((q, k, v, starts) => attendRows({ q, k, v, starts }, counts, blocks), ...operands);
      expect(largest(y!, naive(size, operands)), JSON.stringify({ size, blocks })).toBeLessThan(orderTolerance);
    }
  });

  it('has the gradients of one block, which finite differences confirm', () => {
    for (let i = 0; i < 6; i++) {
      const size = randomSize(9),
        operands = operandsOf(size);
      const counts = { heads: size.kvHeads * size.group, kvHeads: size.kvHeads };
      const blocks = queryBlocks(size.length, extent(1, 5)),
        whole = queryBlocks(size.length, size.length);
      const dy = random(operands[0].shape);
      const gradientOf = (parts: typeof blocks): Float64Array[] =>
        evaluate(
          (...inputs) => {
            const [tensors, seed] = withSeed(inputs);
            return attendRowsGradient(tensors, { y: attendRows(tensors, counts, parts), dy: seed }, counts, parts);
          },
          ...operands,
          dy,
        );
      const dense = gradientOf(whole);
      for (const [n, gradient] of gradientOf(blocks).entries())
        expect(largest(gradient, dense[n]!), JSON.stringify({ size, blocks })).toBeLessThan(orderTolerance);
      const inBlocks = (q: Tensor, k: Tensor, v: Tensor, starts: Tensor): Tensor =>
        attendRows({ q, k, v, starts }, counts, blocks);
      expect(gradientError(inBlocks, ...operands), JSON.stringify({ size, blocks })).toBeLessThan(differenceTolerance);
    }
  });

  it('of a long row agrees with the formula', () => {
    const size = { rows: 1, length: 700, kvHeads: 1, group: 2, h: 1 };
    const operands = operandsOf(size);
    const [y] = evaluate((q, k, v, starts) => attention({ q, k, v, starts }, 2, 1), ...operands);
    expect(largest(y!, naive(size, operands))).toBeLessThan(orderTolerance);
  });

  it('computes the scores of a long row again in the backward pass, and keeps those of a short one', () => {
    const products = (length: number): number => {
      const { graph, inputs, results } = graphOf(
        (...operands) => {
          const [tensors, dy] = withSeed(operands);
          const y = attention(tensors, 1, 1);
          return [y, ...(y.node.op.gradient?.(y.node, [dy]) ?? []).flatMap((t) => t ?? [])];
        },
        [...operandsOf({ rows: 1, length, kvHeads: 1, group: 1, h: 2 }), random([1, length, 2])],
      );
      expect(inputs).toHaveLength(5);
      results.forEach((t, i) => graph.output(`y${i}`, t));
      const { nodes } = decomposeMacroOps(graph, () => false);
      return nodes.filter(({ op }) => op.name === 'matmul').length;
    };
    const short = 6,
      inBlocks = 7;
    expect(products(512)).toBe(short);
    expect(products(513)).toBe(inBlocks * queryBlocks(513).length);
  });
});
