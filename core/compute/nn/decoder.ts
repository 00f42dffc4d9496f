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
 * Decoders of the Qwen2, Qwen3 and Llama families as graph functions: pre-norm blocks with rotary grouped-query attention
 * and SwiGLU. Tokens are a flat list [N] of `rows` packed rows of equal length; only attention knows about rows.
 */

/** Looks a weight up by its name, inside a block without the layer prefix. */
export type Weights = (name: string) => Tensor;

/** What the blocks need to know about where tokens stand. */
export interface TokenLayout {
  readonly rows: number;
  /** Tokens per row R; N = rows · R. */
  readonly length: number;
  /** i32 [rows, R]: first token of the sequence each token belongs to, see `attention`. */
  readonly starts: Tensor;
  /** f32 [N, headDim / 2]: cosine and sine of each token's rotary angles. */
  readonly cos: Tensor;
  readonly sin: Tensor;
}

export const embed = (tokens: Tensor, embedding: Tensor): Tensor => gatherRows(embedding, tokens);

interface HeadsOfTokens {
  q: Tensor;
  k: Tensor;
  v: Tensor;
}

/** Queries, keys and values [N, heads · h] of normalised states; queries and keys rotated to their positions. */
function project(c: DecoderConfig, x: Tensor, w: Weights, cos: Tensor, sin: Tensor): HeadsOfTokens {
  const part = (name: string): Tensor =>
    linear(
      x,
      w(`self_attn.${name}_proj.weight`),
      c.attentionBias === 'none' ? undefined : w(`self_attn.${name}_proj.bias`),
    );
  const placed = (name: string, heads: number): Tensor =>
    rotary(
      c.qkNorm ? normaliseHeads(c, part(name), w(`self_attn.${name}_norm.weight`), heads) : part(name),
      cos,
      sin,
      heads,
    );
  return { q: placed('q', c.heads), k: placed('k', c.kvHeads), v: part('v') };
}

/** Every head of x [N, heads · h] normalised on its own, all with the same weight [h]. */
const normaliseHeads = (c: DecoderConfig, x: Tensor, weight: Tensor, heads: number): Tensor =>
  reshape(rmsNorm(reshape(x, [x.shape[0]!, heads, c.headDim]), weight, c.rmsNormEps), x.shape);

const output = (c: DecoderConfig, mixed: Tensor, w: Weights): Tensor =>
  linear(mixed, w('self_attn.o_proj.weight'), c.attentionBias === 'all' ? w('self_attn.o_proj.bias') : undefined);

function feedForward(c: DecoderConfig, x: Tensor, w: Weights): Tensor {
  const h = rmsNorm(x, w('post_attention_layernorm.weight'), c.rmsNormEps);
  const gated = mul(silu(linear(h, w('mlp.gate_proj.weight'))), linear(h, w('mlp.up_proj.weight')));
  return add(x, linear(gated, w('mlp.down_proj.weight')));
}

/** One block over packed rows: states [N, D] → [N, D], with the rotated keys and the values [N, kvHeads · h] for a cache. */
export function block(
  c: DecoderConfig,
  x: Tensor,
  w: Weights,
  layout: TokenLayout,
): { x: Tensor; k: Tensor; v: Tensor } {
  const { q, k, v } = project(c, rmsNorm(x, w('input_layernorm.weight'), c.rmsNormEps), w, layout.cos, layout.sin);
  const rows = (t: Tensor): Tensor => reshape(t, [layout.rows, layout.length, t.shape[1]!]);
  const mixed = reshape(attention(rows(q), rows(k), rows(v), layout.starts, c.heads, c.kvHeads), q.shape);
  return { x: feedForward(c, add(x, output(c, mixed, w)), w), k, v };
}

export interface DecodeState {
  /** f32 [S, kvHeads, h, C] and [S, kvHeads, C, h]. */
  readonly keyCache: Tensor;
  readonly valueCache: Tensor;
  /** i32 [S]: tokens in each slot's cache. */
  readonly lengths: Tensor;
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** One block for one new token per slot: states [S, D] → [S, D], with the new keys and values to be written to the cache. */
export function decodeBlock(
  c: DecoderConfig,
  x: Tensor,
  w: Weights,
  s: DecodeState,
): { x: Tensor; k: Tensor; v: Tensor } {
  const { q, k, v } = project(c, rmsNorm(x, w('input_layernorm.weight'), c.rmsNormEps), w, s.cos, s.sin);
  const mixed = decodeAttention(
    { q, k, v, keyCache: s.keyCache, valueCache: s.valueCache, lengths: s.lengths },
    c.heads,
    c.kvHeads,
  );
  return { x: feedForward(c, add(x, output(c, mixed, w)), w), k, v };
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
  reshape(matmul(rmsNorm(x, norm, c.rmsNormEps), output, { transB: true }), [x.shape[0]!]);
