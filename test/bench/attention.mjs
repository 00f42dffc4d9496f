/** Attention by itself: packed sequences forward and backward, and one new token each over a cache. */
import { gradients } from '../../dist/core/compute/tensor/autodiff.js';
import { attention, decodeAttention, mul, sum } from '../../dist/core/compute/tensor/ops.js';
import { figure, percent, range, spread } from './measure.mjs';
import { submissions } from './submissions.mjs';

/** @typedef {import('../../dist/core/compute/tensor/graph.js').Graph} Graph */
/** @typedef {import('./submissions.mjs').WebGpuBackend} WebGpuBackend */
/** @typedef {{ readonly heads: number, readonly kvHeads: number, readonly width: number }} Heads */

/**
 * Sequences packed into one row, and lanes with so many tokens before them; heads of a small model and of Qwen2.5-0.5B.
 */
const cases = {
  small: {
    heads: { heads: 4, kvHeads: 2, width: 64 },
    packed: [
      [1, 512],
      [8, 64],
    ],
    decoded: [[8, 512]],
  },
  large: {
    heads: { heads: 14, kvHeads: 2, width: 64 },
    packed: [
      [1, 4096],
      [1, 2048],
      [8, 256],
    ],
    decoded: [
      [64, 2048],
      [8, 8192],
    ],
  },
};

/**
 * @param {WebGpuBackend} backend
 * @param {keyof typeof cases} size
 * @param {{ readonly peak: number, readonly bandwidth: import('./measure.mjs').Spread, readonly repeats: number }}
 *   device
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function measureAttention(backend, size, { peak, bandwidth, repeats }) {
  const { heads, packed, decoded } = cases[size];
  /** @type {string[][]} */
  const rows = [];
  /**
   * @param {{ readonly pass: string, readonly tokens: string, readonly operations: number, readonly bytes: number,
   *   readonly build: Parameters<typeof submissions>[1] }} measured
   */
  const row = async ({ pass, tokens, operations, bytes, build }) => {
    const times = spread((await submissions(backend, build, repeats)).times);
    rows.push([
      pass,
      tokens,
      range(times, (s) => figure(s * 1000)),
      figure(operations / times.median / 1e9),
      percent(operations / times.median / peak),
      percent(bytes / times.median / bandwidth.median),
    ]);
  };
  for (const [count, length] of /** @type {[number, number][]} */ (packed)) {
    const tokens = `${count} × ${length}`,
      bytes = packedBytes(heads, count * length),
      operations = packedOperations(heads, count, length);
    await row({
      pass: 'forward',
      tokens,
      operations,
      bytes,
      build: (g) => packedAttention(g, heads, count, length).y,
    });
    await row({
      pass: 'forward and backward',
      tokens,
      operations: 3.5 * operations,
      bytes: 3 * bytes,
      build: (g) => {
        const { q, k, v, y } = packedAttention(g, heads, count, length);
        return /** @type {typeof q[]} */ (gradients(sum(mul(y, g.input('weights', y.shape))), [q, k, v]));
      },
    });
  }
  for (const [lanes, past] of /** @type {[number, number][]} */ (decoded)) {
    await row({
      pass: 'decoding',
      tokens: `${lanes} after ${past}`,
      operations: 4 * lanes * past * heads.heads * heads.width,
      bytes: 8 * lanes * past * heads.kvHeads * heads.width,
      build: (g) => decoding(g, heads, lanes, past),
    });
  }
  return {
    name: 'webgpu-attention',
    title: `Attention, ${heads.heads} heads of ${heads.width} on ${heads.kvHeads}, on ${backend.info.device}`,
    columns: ['pass', 'tokens', 'ms', 'GFLOP/s', 'share of the product peak', 'share of the copy bandwidth'],
    rows,
    notes: [
      'Operations of the scores that are seen: 2 products forward, 7 with the backward pass, whose own ' +
        'recomputing counts as in FlashAttention. Bytes: every operand and result once. A share above 100 % of the ' +
        'bandwidth is a cache at work.',
    ],
  };
}

/** @param {Heads} heads @param {number} count @param {number} length */
const packedOperations = ({ heads, width }, count, length) =>
  2 * 2 * heads * width * count * ((length * (length + 1)) / 2);

/** Queries, keys, values and results in f32. @param {Heads} heads @param {number} tokens */
const packedBytes = ({ heads, kvHeads, width }, tokens) => 4 * tokens * width * (2 * heads + 2 * kvHeads);

/** @param {Graph} g @param {Heads} heads @param {number} count @param {number} length */
function packedAttention(g, { heads, kvHeads, width }, count, length) {
  const tokens = count * length;
  const q = g.input('q', [1, tokens, heads * width]),
    k = g.input('k', [1, tokens, kvHeads * width]),
    v = g.input('v', [1, tokens, kvHeads * width]);
  const starts = g.constant(
    Int32Array.from({ length: tokens }, (_, i) => i - (i % length)),
    [1, tokens],
  );
  return { q, k, v, y: attention({ q, k, v, starts }, heads, kvHeads) };
}

/** @param {Graph} g @param {Heads} heads @param {number} lanes @param {number} past */
function decoding(g, { heads, kvHeads, width }, lanes, past) {
  return decodeAttention(
    {
      q: g.input('q', [lanes, heads * width]),
      k: g.input('k', [lanes, kvHeads * width]),
      v: g.input('v', [lanes, kvHeads * width]),
      keyCache: g.input('keys', [lanes, kvHeads, width, past]),
      valueCache: g.input('values', [lanes, kvHeads, past, width]),
      lengths: g.constant(new Int32Array(lanes).fill(past), [lanes]),
    },
    heads,
    kvHeads,
  );
}
