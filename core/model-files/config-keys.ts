import * as z from 'zod';

/**
 * The keys of `config.json` that are read, per family. The schemas are strict, so that a key which may change the
 * arithmetic and is not known here is refused.
 */

/** A key that does not affect the arithmetic, whatever its value. */
const irrelevant = z.unknown().optional();
const tokenId = z.int().min(0);
const size = z.int().positive();
const off = z.literal(false).optional();

/** Ids that end a text, as `config.json` and `generation_config.json` state them. */
export const endTokenIds = z.union([tokenId, z.array(tokenId)]).nullish();

const common = {
  vocab_size: size,
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size,
  head_dim: size.nullish(),
  intermediate_size: size,
  hidden_act: z.literal('silu'),
  rms_norm_eps: z.number().positive(),
  tie_word_embeddings: z.boolean(),
  max_position_embeddings: size,
  attention_dropout: z.literal(0).optional(),
  // transformers wrote rope_theta beside rope_scaling up to version 4, and rope_parameters since.
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({}).nullish(),
  architectures: z.array(z.string()).length(1).nullish(),
  eos_token_id: endTokenIds,
  bos_token_id: irrelevant,
  pad_token_id: irrelevant,
  initializer_range: irrelevant,
  torch_dtype: irrelevant,
  dtype: irrelevant,
  transformers_version: irrelevant,
  use_cache: irrelevant,
  _name_or_path: irrelevant,
  _attn_implementation_autoset: irrelevant,
  id2label: irrelevant,
  label2id: irrelevant,
  classifier_dropout: irrelevant,
};

/** Attention windows shorter than the sequence are not implemented; their sizes mean nothing while they are off. */
const noWindows = {
  use_sliding_window: off,
  layer_types: z.array(z.literal('full_attention')).nullish(),
  sliding_window: irrelevant,
  max_window_layers: irrelevant,
};

export const familyKeys = {
  qwen2: z.strictObject({ model_type: z.literal('qwen2'), ...common, ...noWindows, use_mrope: off }),
  qwen3: z.strictObject({
    model_type: z.literal('qwen3'),
    ...common,
    ...noWindows,
    attention_bias: z.boolean().optional(),
  }),
  llama: z.strictObject({
    model_type: z.literal('llama'),
    ...common,
    num_key_value_heads: size.nullish(),
    attention_bias: z.boolean().optional(),
    mlp_bias: off,
    pretraining_tp: z.literal(1).nullish(),
  }),
} as const;

export type Family = keyof typeof familyKeys;
export type FamilyConfig = z.infer<(typeof familyKeys)[Family]>;

const factor = z.number().positive();
const ropeType = {
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
};

/** The kinds of rotary scaling that are implemented, by `rope_type` (`type` in older files). */
export const ropeKeys = {
  default: z.strictObject(ropeType),
  llama3: z.strictObject({
    ...ropeType,
    factor: z.number().min(1),
    low_freq_factor: factor,
    high_freq_factor: factor,
    original_max_position_embeddings: size,
  }),
} as const;
