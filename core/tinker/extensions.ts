import * as z from 'zod';

/**
 * What `orz-train serve` does beyond the Tinker API. It announces these names in the field `orz` of
 * `get_server_capabilities`, and a client uses one only where it is announced. A name never changes its meaning.
 * - `value-sum`: the loss `value_sum` is the loss `value` of this project, Σ w·½max(…), clipped by `value_clip`.
 * - `sample-key`: a sample request has `key`, one or two integers: sample i draws from the stream
 *   (`sampling_params.seed`, ...key, i, position), whatever else is in the batch.
 * - `stop-both`: `sampling_params.stop` (strings) and `sampling_params.stop_token_ids` at once.
 * - `temperature`: `loss_fn_config.temperature` divides the logits before a forward pass scores them.
 * - `entropy`: forward passes give `entropy` beside `logprobs`.
 * - `loss-metrics`: the metrics of `forward_backward` have `loss:sum`, and what the loss measures as `<name>:sum`.
 * - `adam`: betas, eps, weight decay and `grad_clip_norm` (0 is off) of `optim_step` are honoured, and its metrics have
 *   the gradient norm and the learning rate.
 * - `scores`: with `loss_fn_config.scores` of 0, `forward_backward` gives no log-probabilities, which cost a forward
 *   pass of their own.
 * - `reference`: the model role `reference`, a frozen copy of the base model.
 * - `full-parameters`: LoRA rank 0 trains all parameters.
 */
export const extensions = [
  'value-sum',
  'sample-key',
  'stop-both',
  'temperature',
  'entropy',
  'loss-metrics',
  'adam',
  'scores',
  'reference',
  'full-parameters',
] as const;

export type Extension = (typeof extensions)[number];

/** Version of the announcement below; a client that knows only others uses no extension. */
export const extensionsVersion = 1;

/** The field `orz` of `get_server_capabilities`. Names that a client does not know are left to later ones. */
export const announcementSchema = z.object({
  version: z.number(),
  extensions: z.array(z.string()),
});

export type Announcement = z.infer<typeof announcementSchema>;

/** The metrics of `optim_step` that SkyRL and `orz-train serve` give; the norm is null where it was not finite. */
export const gradNormMetric = 'skyrl.ai/grad_norm';
export const learningRateMetric = 'skyrl.ai/learning_rate';
