import * as z from 'zod';
import { sourceSchema } from '../../core/data/sources/settings.js';

const extractions = ['box', 'lenient', 'letter'] as const;

/** How the answer is found in a response. */
export type Extraction = (typeof extractions)[number];

/** What every benchmark can be given in place of its own values. */
const measuring = z.strictObject({
  limit: z.int().min(1).optional().describe('Only the first so many questions; absent, all'),
  samples: z.int().min(1).max(10_000).optional().describe('Responses per question'),
  temperature: z.number().min(0).max(5).optional().describe('Sampling temperature; 0 takes the most probable token'),
  topP: z.number().positive().max(1).optional().describe('Sample only from the tokens with this probability; 1 is off'),
  maxResponseTokens: z.int().min(1).optional().describe('Maximum tokens of a response'),
  extraction: z
    .enum(extractions)
    .optional()
    .describe(
      'Where the answer is: box is the rule of Open-Reasoner-Zero, lenient looks anywhere, letter finds an option',
    ),
  optionSeed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .nullable()
    .default(null)
    .describe('Seed of the order of the options of each question; null keeps the order of the file'),
});

/** Where the questions come from, in place of where they are published. */
export const benchmarkSettings = measuring.extend({
  path: sourceSchema.shape.path,
  hub: sourceSchema.shape.hub,
  revision: sourceSchema.shape.revision,
  config: sourceSchema.shape.config,
  split: sourceSchema.shape.split,
  files: sourceSchema.shape.files,
  form: sourceSchema.shape.form,
  where: sourceSchema.shape.where,
});

/** The same for a file of the user's, about which nothing is known. */
export const fileBenchmarkSettings = benchmarkSettings.extend({
  name: z
    .string()
    .regex(/^[\w-][\w.-]*$/)
    .optional()
    .describe('Name in results: letters, digits, and . _ -; absent, that of the file'),
  title: z.string().min(1).optional().describe('Title in reports; absent, the name'),
  licence: z.string().min(1).default('unknown').describe('Licence of the questions'),
  fields: sourceSchema.shape.fields,
  id: sourceSchema.shape.id,
  choice: z.boolean().default(false).describe('Whether the answers are letters of options'),
});

export type BenchmarkSettings = z.infer<typeof benchmarkSettings>;
export type FileBenchmarkSettings = z.infer<typeof fileBenchmarkSettings>;
