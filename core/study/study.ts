import * as z from 'zod';
import type { RunConfigInput } from '../config/schema.js';

const nameForm = /^[A-Za-z0-9][\w.-]*$/;
/** Folders that lie beside those of the studies. */
const takenNames = ['runs', 'bases'];

const settings = z
  .record(z.string(), z.unknown())
  .refine((stated) => !('seed' in stated) && !('runDir' in stated), 'no seed and no runDir: the study states both')
  .default({});

const text = z.string().min(1);
const distinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

export const outcomeMoments = ['last', 'first'] as const;

const outcomeSchema = z.strictObject({
  metric: text.describe('Metric as the curves name it, such as responseLength or evaluation/held-out/reward'),
  label: text.describe('Name in tables'),
  at: z
    .union([z.enum(outcomeMoments), z.strictObject({ lastIterations: z.int().min(1) })])
    .describe('Which of its values count: the last, the first, or the mean over the last iterations'),
});

const armSchema = z.strictObject({
  name: text.describe('Name in tables and legends'),
  presets: z.array(text).default([]).describe('Presets on top of those of the study'),
  settings: settings.describe('Settings on top of those of the study'),
});

/** The form of a study, as a file of it states it; defaults filled in. */
export const studySchema = z.strictObject({
  name: text
    .regex(nameForm, 'letters, digits, _ . and -')
    .refine((name) => !takenNames.includes(name), `another name than ${takenNames.join(' or ')}`)
    .describe('Name of the study and of the folder with its results'),
  title: text.describe('Title of the report'),
  question: text.describe('What the study asks'),
  claim: z
    .strictObject({ text, source: text })
    .optional()
    .describe('What somebody claims about it, and where: shown beside what was found'),
  presets: z.array(text).min(1).describe('Presets of all arms'),
  settings: settings.describe('Settings of all arms'),
  arms: z
    .array(armSchema)
    .min(1)
    .refine((arms) => distinct(arms.map(({ name }) => name)), 'arms with different names')
    .describe('What is compared; the first is the one that the others are compared with'),
  seeds: z
    .array(z.int().min(0).max(0xffff_ffff))
    .min(1)
    .refine(distinct, 'different seeds')
    .describe('Seeds with which every arm is trained'),
  outcomes: z
    .array(outcomeSchema)
    .min(1)
    .refine((outcomes) => distinct(outcomes.map(({ label }) => label)), 'outcomes with different labels')
    .describe('What the arms are compared by'),
  plots: z.array(text).default([]).describe('Metrics whose curves are drawn'),
});

type Stated = z.input<typeof studySchema>;

/** A study as it is stated: what has a default may be left out. `S` are the settings that may be stated. */
export interface StudyInput<S = RunConfigInput> extends Omit<Stated, 'settings' | 'arms'> {
  readonly settings?: S;
  readonly arms: readonly (Omit<Stated['arms'][number], 'settings'> & { readonly settings?: S })[];
}

/** A study with its defaults filled in. */
export type Study = z.output<typeof studySchema>;
export type StudyArm = Study['arms'][number];
export type StudyOutcome = Study['outcomes'][number];

/** Declares a study: plain data, so that listing studies loads no other code. */
export const defineStudy = (study: StudyInput): StudyInput => study;
