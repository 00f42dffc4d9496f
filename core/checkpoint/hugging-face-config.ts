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

const huggingFaceConfig = z.object({
  model_type: z.literal('qwen2'), vocab_size: z.int().positive(), hidden_size: z.int().positive(), num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(), num_key_value_heads: z.int().positive(), head_dim: z.int().positive().optional(), intermediate_size: z.int().positive(),
  hidden_act: z.literal('silu'), rms_norm_eps: z.number().positive(), rope_theta: z.number().positive(), tie_word_embeddings: z.boolean(), max_position_embeddings: z.int().positive(),
  use_sliding_window: z.literal(false).optional(), rope_scaling: z.null().optional(),
  eos_token_id: z.union([z.int(), z.array(z.int())]).optional(),
});

/** The architecture in a `config.json`; what is not implemented is an error naming the key. */
export function fromHuggingFaceConfig(value: unknown, origin: string): { config: DecoderConfig; endTokens: number[] } {
  const parsed = huggingFaceConfig.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${issue.path.join('.')}: ${issue.message}`, { origin, remedy: 'only decoders of the Qwen2 family are supported here' });
  }
  const c = parsed.data;
  const config: DecoderConfig = {
    vocabSize: c.vocab_size, hiddenSize: c.hidden_size, layers: c.num_hidden_layers, heads: c.num_attention_heads, kvHeads: c.num_key_value_heads,
    headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads, intermediateSize: c.intermediate_size, rmsNormEps: c.rms_norm_eps,
    ropeTheta: c.rope_theta, tieWordEmbeddings: c.tie_word_embeddings, maxPositions: c.max_position_embeddings,
  };
  if (config.heads % config.kvHeads !== 0 || !Number.isInteger(config.headDim) || config.headDim % 2 !== 0) {
    throw new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${config.heads} query heads, ${config.kvHeads} key heads of ${config.headDim}`, { origin, allowed: 'query heads a multiple of key heads, an even head size' });
  }
  const eos = c.eos_token_id;
  return { config, endTokens: eos === undefined ? [] : Array.isArray(eos) ? eos : [eos] };
}
