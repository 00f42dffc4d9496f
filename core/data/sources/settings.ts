import * as z from 'zod';
import { formNames } from '../forms.js';

const value = z.union([z.string(), z.number(), z.boolean()]);

const fieldMapSchema = z.strictObject({
  prompt: z.string().min(1).describe('Field of the problem, for example question or messages[0].content'),
  answer: z.string().min(1).describe('Field of the gold answer'),
  choices: z
    .string()
    .min(1)
    .optional()
    .describe('Field of the list of options; the answer is then a letter, or an index from 0'),
  extract: z
    .enum(['whole', 'number-signs', 'last-box'])
    .default('whole')
    .describe(
      'Which part of the answer field is the answer: all, what follows the last ####, the content of the last \\boxed',
    ),
});

/** One source of problems: a file, or a dataset on the hub. */
export const sourceSchema = z.strictObject({
  path: z.string().min(1).optional().describe('File, relative to the current folder'),
  hub: z.string().min(1).optional().describe('Dataset on the Hugging Face hub, owner/name, instead of a path'),
  revision: z.string().min(1).optional().describe('Branch, tag or commit on the hub; absent, main'),
  config: z.string().min(1).optional().describe('Part of the dataset on the hub, where it has several'),
  split: z
    .string()
    .min(1)
    .optional()
    .describe('Split of the dataset on the hub; absent, train to train on, test to hold out'),
  files: z
    .string()
    .min(1)
    .optional()
    .describe('Paths in the dataset on the hub, with * and **, instead of config and split'),
  form: z.enum(formNames).optional().describe('What a record looks like; absent, detected from the first record'),
  fields: fieldMapSchema.optional().describe('Which fields have what, for records of no known form'),
  id: z.string().min(1).optional().describe('Field that makes the ids of the problems; absent, they are numbered'),
  where: z
    .record(z.string().min(1), z.union([value, z.array(value).min(1)]))
    .optional()
    .describe('Selects the records whose fields have this value, or one of these'),
  metadata: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Fields that go with each problem to template, reward, advantage and environment'),
});

/** Where problems come from, checked. */
export type FileSource = z.infer<typeof sourceSchema>;
