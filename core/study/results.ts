import * as z from 'zod';
import { estimateSchema } from '../evaluation/results.js';
import { studySchema } from './study.js';

/**
 * The form of `study.json`, the outcome of `orz-train study`. It holds no times and no absolute paths, so that a study
 * that is trained again gives the same bytes.
 */

const armResultSchema = z.strictObject({
  name: z.string(),
  /** Settings that are not as in the main arm: path, value in the main arm, value here. Empty of the main arm. */
  differing: z.array(z.tuple([z.string(), z.string(), z.string()])),
  /** One run per seed, in the order of the seeds; folders are relative to that of the studies. */
  runs: z.array(z.strictObject({ seed: z.int(), folder: z.string(), iterations: z.int() })),
});

const comparisonSchema = z.strictObject({
  name: z.string(),
  /** One number per seed. */
  values: z.array(z.number().nullable()),
  mean: estimateSchema.nullable(),
  difference: z.strictObject({ ...estimateSchema.shape, pairs: z.int().min(1) }).nullable(),
  verdict: z.string().nullable(),
});

export const studyResultsSchema = z.strictObject({
  version: z.literal(1),
  /** Name and version of this project. */
  producer: z.string(),
  study: studySchema,
  /** Settings of the command line, `path=value`. */
  set: z.array(z.string()),
  /** Seeds that were trained, which the command line may choose. */
  seeds: z.array(z.int()),
  arms: z.array(armResultSchema),
  /** In the order of the study; of each the arms in theirs. */
  outcomes: z.array(z.strictObject({ metric: z.string(), label: z.string(), arms: z.array(comparisonSchema) })),
});

export type StudyResults = z.infer<typeof studyResultsSchema>;
