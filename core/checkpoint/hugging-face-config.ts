import { z } from 'zod';
import { OrzError } from '../errors.js';
import type { DecoderConfig } from '../nn/config.js';

/** `config.json` of a decoder as Hugging Face `transformers` reads it. */
export const toHuggingFaceConfig = (c: DecoderConfig, endTokens: readonly number[]): Record<string, unknown> => ({
  architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', torch_dtype: 'float32',
  vocab_size: c.vocabSize, hidden_size: c.hiddenSize, num_hidden_layers: c.layers, num_attention_heads: c.heads, num_key_value_heads: c.kvHeads, head_dim: c.headDim,
  intermediate_size: c.intermediateSize, hidden_act: 'silu', rms_norm_eps: c.rmsNormEps, rope_theta: c.ropeTheta, tie_word_embeddings: c.tieWordEmbeddings,
  max_position_embeddings: c.maxPositions, use_sliding_window: false, eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens,
});

/** A key that says nothing we would have to honour, whatever it holds. */
const irrelevant = z.unknown().optional();
const tokenId = z.int().min(0);

/** Strict, so that a key which may change the arithmetic and is not known here is refused. */
const huggingFaceConfig = z.strictObject({
  model_type: z.literal('qwen2'), vocab_size: z.int().positive(), hidden_size: z.int().positive(), num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(), num_key_value_heads: z.int().positive(), head_dim: z.int().positive().optional(), intermediate_size: z.int().positive(),
  hidden_act: z.literal('silu'), rms_norm_eps: z.number().positive(), tie_word_embeddings: z.boolean(), max_position_embeddings: z.int().positive(),
  // transformers wrote rope_theta beside rope_scaling up to version 4, and rope_parameters since.
  rope_theta: z.number().positive().optional(), rope_scaling: z.null().optional(),
  rope_parameters: z.strictObject({ rope_theta: z.number().positive(), rope_type: z.literal('default') }).optional(),
  use_sliding_window: z.literal(false).optional(), layer_types: z.array(z.literal('full_attention')).optional(), use_mrope: z.literal(false).optional(),
  attention_dropout: z.literal(0).optional(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  sliding_window: irrelevant, max_window_layers: irrelevant, architectures: irrelevant, bos_token_id: irrelevant, pad_token_id: irrelevant, initializer_range: irrelevant,
  torch_dtype: irrelevant, dtype: irrelevant, transformers_version: irrelevant, use_cache: irrelevant, _name_or_path: irrelevant,
}).refine((c) => c.rope_theta !== undefined || c.rope_parameters !== undefined, { path: ['rope_theta'], message: 'missing' });

/**
 * The architecture in a `config.json`, and the ids that end a text. Throws ORZ_MODEL_CONFIG naming the first key that is
 * missing, wrong or not implemented.
 */
export function fromHuggingFaceConfig(value: unknown, origin: string): { config: DecoderConfig; endTokens: number[] } {
  const parsed = huggingFaceConfig.safeParse(value);
  if (!parsed.success) throw refusal(parsed.error.issues[0]!, origin);
  const c = parsed.data;
  const config: DecoderConfig = {
    vocabSize: c.vocab_size, hiddenSize: c.hidden_size, layers: c.num_hidden_layers, heads: c.num_attention_heads, kvHeads: c.num_key_value_heads,
    headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads, intermediateSize: c.intermediate_size, rmsNormEps: c.rms_norm_eps,
    ropeTheta: (c.rope_parameters?.rope_theta ?? c.rope_theta)!, tieWordEmbeddings: c.tie_word_embeddings, maxPositions: c.max_position_embeddings,
  };
  if (config.heads % config.kvHeads !== 0 || !Number.isInteger(config.headDim) || config.headDim % 2 !== 0) {
    throw new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${config.heads} query heads, ${config.kvHeads} key heads of ${config.headDim}`, { origin, allowed: 'query heads a multiple of key heads, an even head size' });
  }
  const eos = c.eos_token_id ?? [];
  return { config, endTokens: Array.isArray(eos) ? eos : [eos] };
}

function refusal(issue: z.core.$ZodIssue, origin: string): OrzError {
  const key = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!].join('.') : issue.path.join('.');
  return new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${key || 'the whole'}: ${issue.code === 'unrecognized_keys' ? 'this key is not implemented' : issue.message}`, {
    value: key, origin, remedy: 'only decoders of the Qwen2 family are supported here',
  });
}
