import { extentOf } from '../tensor/extents.js';
import type { Tensor } from '../tensor/graph.js';
import {
  add,
  attention,
  decodeAttention,
  gatherRows,
  linear,
  matmul,
  mul,
  reshape,
  rmsNorm,
  rotary,
  silu,
  tokenLogprob,
} from '../tensor/ops.js';
import type { DecoderConfig } from './config.js';

/**
 * Decoders of the Qwen2, Qwen3 and Llama families as graph functions: pre-norm blocks with rotary grouped-query
 * attention and SwiGLU. Tokens are a flat list [N] of `rows` packed rows of equal length; only attention knows about
 * rows.
 */

/** Looks a weight up by its name, inside a block without the layer prefix. */
export type Weights = (name: string) => Tensor;

/** f32 [N, headDim / 2]: cosine and sine of each token's rotary angles. */
export interface RotaryTensors {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** How the tokens of packed rows are laid out. */
export interface TokenLayout extends RotaryTensors {
  readonly rows: number;
  /** Tokens per row R; N = rows · R. */
  readonly length: number;
  /** i32 [rows, R]: index within the row of the first token of the sequence each token belongs to, see `attention`. */
  readonly starts: Tensor;
}

export const embed = (tokens: Tensor, embedding: Tensor): Tensor => gatherRows(embedding, tokens);

interface Projections {
  /** f32 [N, heads · h], rotated. */
  readonly q: Tensor;
  /** f32 [N, kvHeads · h], rotated. */
  readonly k: Tensor;
  /** f32 [N, kvHeads · h]. */
  readonly v: Tensor;
}

/** Queries, keys and values of states [N, D], with queries and keys rotated to their positions. */
function project(c: DecoderConfig, x: Tensor, w: Weights, angles: RotaryTensors): Projections {
  const normed = rmsNorm(x, w('input_layernorm.weight'), c.rmsNormEps);
  const part = (name: string): Tensor => {
    const weight = w(`self_attn.${name}_proj.weight`);
    return linear(normed, weight, c.attentionBias === 'none' ? undefined : w(`self_attn.${name}_proj.bias`));
  };
  const rotated = (name: string, heads: number): Tensor => {
    const plain = part(name);
    const states = c.qkNorm ? normaliseHeads(c, plain, w(`self_attn.${name}_norm.weight`), heads) : plain;
    return rotary(states, angles.cos, angles.sin, heads);
  };
  return { q: rotated('q', c.heads), k: rotated('k', c.kvHeads), v: part('v') };
}

/** Every head of x [N, heads · h] normalised on its own, all with the same weight [h]. */
const normaliseHeads = (c: DecoderConfig, x: Tensor, weight: Tensor, heads: number): Tensor =>
  reshape(rmsNorm(reshape(x, [extentOf(x, 0), heads, c.headDim]), weight, c.rmsNormEps), x.shape);

const projectOutput = (c: DecoderConfig, mixed: Tensor, w: Weights): Tensor =>
  linear(mixed, w('self_attn.o_proj.weight'), c.attentionBias === 'all' ? w('self_attn.o_proj.bias') : undefined);

function feedForward(c: DecoderConfig, x: Tensor, w: Weights): Tensor {
  const h = rmsNorm(x, w('post_attention_layernorm.weight'), c.rmsNormEps);
  const gated = mul(silu(linear(h, w('mlp.gate_proj.weight'))), linear(h, w('mlp.up_proj.weight')));
  return add(x, linear(gated, w('mlp.down_proj.weight')));
}

/** What a block returns: states [N, D], and the rotated keys and the values [N, kvHeads · h] for a cache. */
export interface BlockOutput {
  readonly x: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** One block over packed rows: states [N, D] → [N, D]. */
export function block(c: DecoderConfig, x: Tensor, w: Weights, layout: TokenLayout): BlockOutput {
  const { q, k, v } = project(c, x, w, layout);
  const rows = (t: Tensor): Tensor => reshape(t, [layout.rows, layout.length, extentOf(t, 1)]);
  const packed = { q: rows(q), k: rows(k), v: rows(v), starts: layout.starts };
  const mixed = reshape(attention(packed, c.heads, c.kvHeads), q.shape);
  return { x: feedForward(c, add(x, projectOutput(c, mixed, w)), w), k, v };
}

export interface DecodeState extends RotaryTensors {
  /** f32 [S, kvHeads, h, C] and [S, kvHeads, C, h], for S lanes. */
  readonly keyCache: Tensor;
  readonly valueCache: Tensor;
  /** i32 [S]: tokens in each lane's cache. */
  readonly lengths: Tensor;
}

/** One block for one new token per lane: states [S, D] → [S, D], the new keys and values not yet in the cache. */
export function decodeBlock(c: DecoderConfig, x: Tensor, w: Weights, state: DecodeState): BlockOutput {
  const { q, k, v } = project(c, x, w, state);
  const { keyCache, valueCache, lengths } = state;
  const mixed = decodeAttention({ q, k, v, keyCache, valueCache, lengths }, c.heads, c.kvHeads);
  return { x: feedForward(c, add(x, projectOutput(c, mixed, w)), w), k, v };
}

/** Logits [N, V] of final states [N, D]. */
export const languageHead = (c: DecoderConfig, x: Tensor, norm: Tensor, output: Tensor): Tensor =>
  matmul(rmsNorm(x, norm, c.rmsNormEps), output, { transB: true });

/** Log-probability of `targets` [N] and entropy, at logits divided by `temperature`. */
export const tokenScores = (
  logits: Tensor,
  targets: Tensor,
  temperature: number,
): { logprob: Tensor; entropy: Tensor } =>
  tokenLogprob(temperature === 1 ? logits : mul(logits, 1 / temperature), targets);

/** Values [N] of final states [N, D]. */
export const valueHead = (c: DecoderConfig, x: Tensor, norm: Tensor, output: Tensor): Tensor =>
  reshape(matmul(rmsNorm(x, norm, c.rmsNormEps), output, { transB: true }), x.shape.slice(0, 1));
