import * as z from 'zod';
import { sourceSchema } from '../../core/data/sources/settings.js';

/** A source to train on. */
export const trainSourceSchema = sourceSchema.extend({
  name: z.string().min(1).optional().describe('Name in ids and reports; absent, the path or the name on the hub'),
  weight: z
    .number()
    .positive()
    .optional()
    .describe('Share of the draws, relative to the other sources; all sources have one, or none'),
});

/** A path alone stands for `{ path }`. */
const fromPath = (source: unknown): unknown => (typeof source === 'string' ? { path: source } : source);

/** Settings of the data `files`. Paths are relative to the current folder. */
export const fileDataSettings = z.strictObject({
  train: z
    .array(z.preprocess(fromPath, trainSourceSchema))
    .min(1)
    .describe('Sources to train on: paths, or objects with path or hub and more; see docs/data.md'),
  evaluation: z
    .record(z.string().min(1), z.preprocess(fromPath, sourceSchema.nullable()))
    .default({})
    .describe('Source of each held-out set, by name of the set; null removes one that a preset names'),
});

export type FileDataSettings = z.infer<typeof fileDataSettings>;
/** A source to train on, or to hold out. */
export type ProblemFiles = z.infer<typeof trainSourceSchema>;
