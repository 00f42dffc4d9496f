import * as z from 'zod';
import { announcementSchema } from './extensions.js';
import { notShaped } from './errors.js';

/** JSON bodies of replies of the Tinker API. Fields that are not listed are ignored. */
export const sessionReply = z.object({
  session_id: z.string(),
  info_message: z.string().nullish(),
  warning_message: z.string().nullish(),
  error_message: z.string().nullish(),
});

/** What every request that takes time is answered with; the result is fetched with `retrieve_future`. */
export const pendingReply = z.object({ request_id: z.string() });

export const createModelReply = pendingReply.extend({ model_id: z.string() });

/** Newer SDKs want one id per sample. */
export const sampleReply = pendingReply.extend({ sample_sequence_ids: z.array(z.string()).nullish() });

export const capabilitiesReply = z.object({
  supported_models: z.array(z.object({ model_name: z.string().nullish(), max_context_length: z.number().nullish() })),
  /** What `orz-train serve` announces. */
  orz: announcementSchema.optional(),
});

export const modelInfoReply = z.object({
  model_id: z.string(),
  status: z.string().nullish(),
  model_data: z.object({ base_model: z.string().nullish(), model_name: z.string().nullish() }),
});

export const optimStepReply = z.object({
  /** Null stands for a number that is not finite: the gradient was not, and FSDP skipped the step. */
  metrics: z.record(z.string(), z.number().nullable()).nullish(),
});

export const saveWeightsReply = z.object({ path: z.string() });

export const saveWeightsForSamplerReply = z.object({
  path: z.string().nullish(),
  sampling_session_id: z.string().nullish(),
});

export const samplingSessionReply = z.object({ sampling_session_id: z.string() });

export const weightsInfoReply = z.object({
  base_model: z.string(),
  is_lora: z.boolean(),
  lora_rank: z.number().nullish(),
});

export const checkpointsReply = z.object({
  checkpoints: z.array(
    z.object({
      checkpoint_id: z.string(),
      checkpoint_type: z.enum(['training', 'sampler']),
      tinker_path: z.string(),
      time: z.string().nullish(),
      size_bytes: z.number().nullish(),
    }),
  ),
});

/** A result that is not there yet, sent with status 200. */
export const tryAgainReply = z.object({
  type: z.literal('try_again'),
  request_id: z.string().nullish(),
  queue_state: z.string().nullish(),
  queue_state_reason: z.string().nullish(),
});

/** A request that failed, sent with status 200 by the hosted service. */
export const failedReply = z.object({
  error: z.string(),
  /** `unknown`, `server` or `user`. */
  category: z.string(),
});

/** A refusal: a text, or the list of problems that FastAPI finds. */
export const refusalReply = z.object({ detail: z.unknown() });

/** `value` as `schema` has it; throws ORZ_SERVER naming `name` and what is wrong with it. */
export function readReply<Schema extends z.ZodType>(name: string, schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw notShaped(name, `${issue?.path.join('.') || 'its top'}: ${issue?.message}`);
}
