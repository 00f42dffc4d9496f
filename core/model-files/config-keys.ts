import * as z from 'zod';

/** The keys of `config.json` that are read, per family, and the values that are implemented. */

/** A key that means nothing while the part it belongs to is off. */
const irrelevant = z.unknown().optional();
const tokenId = z.int().min(0);
const off = z.literal(false).nullish();
const one = z.literal(1).nullish();

/**
 * Sizes are bounded before anything of that size is made: a file may state any number. Each bound is far above every
 * published model, and small enough that products of two sizes are exact.
 */
const upTo = (max: number) => z.int().positive().max(max);
const size = upTo(2 ** 24);
const heads = upTo(2 ** 16);
/** Positions are 32-bit integers. */
const positions = upTo(2 ** 31 - 1);

/** A positive number that float32 can hold. */
const real = z
  .number()
  .min(2 ** -126)
  .max(2 ** 127);

/** Ids that end a text, as `config.json` and `generation_config.json` state them. */
export const endTokenIds = z.union([tokenId, z.array(tokenId)]).nullish();

/** Mathematics of other families and of older code, each with the value at which it changes nothing. */
const neutral = {
  add_cross_attention: off,
  cross_attention_hidden_size: z.null().optional(),
  embedding_multiplier: one,
  is_causal: z.literal(true).nullish(),
  is_encoder_decoder: off,
  layer_types: z.array(z.literal('full_attention')).nullish(),
  logit_scale: one,
  logits_scaling: one,
  mlp_bias: off,
  partial_rotary_factor: one,
  // Splits of matrices, which change rounding.
  pretraining_tp: one,
  pruned_heads: z.strictObject({}).nullish(),
  quantization_config: z.null().optional(),
  residual_multiplier: one,
  rope_interleaved: off,
  rope_traditional: off,
  use_bidirectional_attention: off,
  use_mrope: off,
  use_sliding_window: off,
};

const common = {
  ...neutral,
  vocab_size: size,
  hidden_size: upTo(2 ** 20),
  num_hidden_layers: upTo(2 ** 12),
  num_attention_heads: heads,
  num_key_value_heads: heads,
  head_dim: upTo(2 ** 16).nullish(),
  intermediate_size: size,
  hidden_act: z.literal('silu'),
  rms_norm_eps: real,
  tie_word_embeddings: z.boolean(),
  max_position_embeddings: positions,
  attention_dropout: z.literal(0).nullish(),
  // transformers wrote rope_theta beside rope_scaling up to version 4, and rope_parameters since.
  rope_theta: real.nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  rope_parameters: z.looseObject({}).nullish(),
  architectures: z.array(z.string()).length(1).nullish(),
  eos_token_id: endTokenIds,
};

/** The sizes of attention windows in the Qwen families, which mean nothing while windows are off. */
const noWindows = {
  sliding_window: irrelevant,
  max_window_layers: irrelevant,
  // Chunks begin to matter beyond the first.
  dual_chunk_attention_config: z.looseObject({ chunk_size: positions, local_size: positions }).nullish(),
};

export const familyKeys = {
  qwen2: z.object({
    model_type: z.literal('qwen2'),
    ...common,
    ...noWindows,
    attention_bias: z.literal(true).nullish(),
  }),
  qwen3: z.object({
    model_type: z.literal('qwen3'),
    ...common,
    ...noWindows,
    attention_bias: z.boolean().nullish(),
  }),
  llama: z.object({
    model_type: z.literal('llama'),
    ...common,
    num_key_value_heads: heads.nullish(),
    sliding_window: z.null().optional(),
    attention_bias: z.boolean().nullish(),
  }),
} as const;

export type Family = keyof typeof familyKeys;
export type FamilyConfig = z.infer<(typeof familyKeys)[Family]>;

const ropeType = {
  partial_rotary_factor: one,
  rope_theta: real.optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
};

/** The kinds of rotary scaling that are implemented, by `rope_type` (`type` in older files). */
export const ropeKeys = {
  default: z.strictObject(ropeType),
  llama3: z.strictObject({
    ...ropeType,
    factor: real.min(1),
    low_freq_factor: real,
    high_freq_factor: real,
    original_max_position_embeddings: positions,
  }),
} as const;
