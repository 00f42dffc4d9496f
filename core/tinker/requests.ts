import * as z from 'zod';

/**
 * JSON bodies of requests of the Tinker API, as the Python SDK 0.25 sends them and SkyRL 0.4 reads them: paths are
 * `POST /api/v1/<name>`. Fields that are not listed are ignored.
 */
const sequenceNumber = z.int().min(0);
const checkpointName = z.string().regex(/^[a-zA-Z0-9_-]{1,255}$/);

export const createSessionRequest = z.object({
  tags: z.array(z.string()),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
  sdk_version: z.string(),
});

export const sessionHeartbeatRequest = z.object({ session_id: z.string() });

export const modelRoles = ['policy', 'critic', 'reference'] as const;

export const createModelRequest = z.object({
  session_id: z.string(),
  /** One counter per session; repeating a request with it makes no second model. SkyRL ignores it. */
  model_seq_id: sequenceNumber.nullish(),
  base_model: z.string(),
  lora_config: z
    .object({
      /** 0 trains all parameters. */
      rank: z.int().min(0),
      seed: z.int().nullish(),
      train_mlp: z.boolean().nullish(),
      train_attn: z.boolean().nullish(),
      train_unembed: z.boolean().nullish(),
    })
    .nullish(),
  /** Extension of SkyRL; `reference` is one of `orz-train serve`. */
  model_role: z.enum(modelRoles).nullish(),
  user_metadata: z.record(z.string(), z.unknown()).nullish(),
});

export const modelRequest = z.object({ model_id: z.string() });

export const optimStepRequest = z.object({
  model_id: z.string(),
  seq_id: sequenceNumber.nullish(),
  adam_params: z.object({
    learning_rate: z.number().min(0).default(1e-4),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.95),
    eps: z.number().positive().default(1e-12),
    weight_decay: z.number().min(0).default(0),
    /** 0 switches clipping off. */
    grad_clip_norm: z.number().min(0).default(0),
  }),
});

export const saveWeightsRequest = z.object({
  model_id: z.string(),
  path: checkpointName.nullish(),
  seq_id: sequenceNumber.nullish(),
  ttl_seconds: z.int().nullish(),
  overwrite: z.boolean().nullish(),
});

/** The first request of a fresh model. */
export const loadWeightsRequest = z.object({
  model_id: z.string(),
  path: z.string(),
  /** Whether moments and step count come too. */
  optimizer: z.boolean().default(true),
  seq_id: sequenceNumber.nullish(),
});

export const weightsInfoRequest = z.object({ tinker_path: z.string() });

/** With `path` the weights are kept under that name; without, they only serve a sampling session. */
export const saveWeightsForSamplerRequest = z.object({
  model_id: z.string(),
  path: checkpointName.nullish(),
  sampling_session_seq_id: sequenceNumber.nullish(),
  seq_id: sequenceNumber.nullish(),
  ttl_seconds: z.int().nullish(),
});

/** Exactly one of `base_model` and `model_path`. */
export const createSamplingSessionRequest = z.object({
  session_id: z.string(),
  sampling_session_seq_id: sequenceNumber,
  base_model: z.string().nullish(),
  model_path: z.string().nullish(),
});

const textChunk = z.object({ type: z.literal('encoded_text').optional(), tokens: z.array(z.int().min(0)) });

export const sampleRequest = z.object({
  num_samples: z.int().min(1).default(1),
  prompt: z.object({ chunks: z.array(textChunk) }),
  sampling_params: z.object({
    max_tokens: z.int().nullish(),
    temperature: z.number().min(0).default(1),
    top_p: z.number().gt(0).max(1).default(1),
    /** −1 switches it off. */
    top_k: z.int().default(-1),
    seed: z.int().nullish(),
    stop: z.union([z.string(), z.array(z.string()), z.array(z.int())]).nullish(),
    /** Extension `stop-both`. */
    stop_token_ids: z.array(z.int()).nullish(),
  }),
  sampling_session_id: z.string().nullish(),
  seq_id: sequenceNumber.nullish(),
  base_model: z.string().nullish(),
  model_path: z.string().nullish(),
  prompt_logprobs: z.boolean().nullish(),
  topk_prompt_logprobs: z.int().min(0).default(0),
  /** Extension `sample-key`. */
  key: z.array(z.int().min(0)).min(1).max(2).nullish(),
});

export const retrieveFutureRequest = z.object({
  request_id: z.string(),
  /** Whether the size of a large result may come first, in place of the result. */
  allow_metadata_only: z.boolean().default(false),
});

/** What a client sends: fields with a default may be left out. */
export type RequestBody<Schema extends z.ZodType> = z.input<Schema>;
