import * as z from 'zod';
import type { Verdict } from '../contracts/data.js';

/**
 * The form of `results.json`, the outcome of `orz-train evaluate`. Shares lie in 0 … 1, lengths are tokens. Everything
 * that other tools need to compare two evaluations is here; the responses themselves are in `responses/NAME.jsonl`
 * beside it.
 */

const share = z.number().min(0).max(1);
const json = z.record(z.string(), z.unknown());

/** A number with its 95 % interval; no interval where the data cannot say. */
export const estimateSchema = z.strictObject({
  mean: z.number(),
  interval: z.tuple([z.number(), z.number()]).readonly().nullable(),
});

const atK = z.strictObject({ k: z.int().min(1), ...estimateSchema.shape });

export const statisticsSchema = z.strictObject({
  /** mean@k with k the number of samples. */
  mean: estimateSchema,
  passAtK: z.array(atK),
  majorityAtK: z.array(atK),
  /** Shares of responses; well-formed is null where the template has no form of its own. */
  wellFormed: estimateSchema.nullable(),
  /** Null in an evaluation of another tool, which may not say. */
  truncated: estimateSchema.nullable(),
  noAnswer: estimateSchema,
  /** Mean tokens of right and of wrong responses; null without any, or where lengths are unknown. */
  lengthRight: estimateSchema.nullable(),
  lengthWrong: estimateSchema.nullable(),
});

/** One question: what each of its responses scored, in order of sample. */
export const questionResultSchema = z.strictObject({
  id: z.string(),
  rewards: z.array(share).min(1),
});

export const benchmarkResultSchema = z.strictObject({
  name: z.string().min(1),
  title: z.string(),
  source: z.string(),
  licence: z.string(),
  /** SHA-256 over prompts and gold answers in order: two evaluations are comparable where it agrees. */
  questionsHash: z.string(),
  form: z.enum(['open', 'choice']),
  grading: json,
  /** The reward with its version. */
  verifier: z.string(),
  sampling: z.strictObject({
    samples: z.int().min(1),
    temperature: z.number().min(0),
    topP: z.number().positive().max(1),
    maxResponseTokens: z.int().min(1),
    origin: z.string(),
  }),
  statistics: statisticsSchema,
  questions: z.array(questionResultSchema).min(1),
});

export const modelSchema = z.strictObject({
  kind: z.enum(['run', 'model', 'server']),
  name: z.string(),
  revision: z.string().optional(),
  iteration: z.int().min(0).optional(),
  weights: z.string().nullable(),
  prompt: json,
  computedBy: json,
});

export const evaluationResultsSchema = z.strictObject({
  version: z.literal(1),
  /** Name and version of this project. */
  producer: z.string(),
  seed: z.int().min(0),
  model: modelSchema,
  benchmarks: z.array(benchmarkResultSchema),
});

export type EvaluationStatistics = z.infer<typeof statisticsSchema>;
export type QuestionResult = z.infer<typeof questionResultSchema>;
export type BenchmarkResult = z.infer<typeof benchmarkResultSchema>;
export type EvaluationResults = z.infer<typeof evaluationResultsSchema>;

/** A line of `responses/NAME.jsonl`, in order of question, then sample. */
export interface ResponseLine {
  readonly question: number;
  readonly sample: number;
  /** Id of the problem. */
  readonly problem: string;
  readonly prompt: string;
  readonly gold: string;
  readonly text: string;
  readonly stopReason: 'stop' | 'length';
  readonly responseTokens: number | null;
  readonly verdict: Verdict;
  readonly reward: number;
  readonly answer?: string;
  readonly detail?: unknown;
}
