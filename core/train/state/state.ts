import * as z from 'zod';
import type { RunConfig } from '../../config/schema.js';
import { hashName } from '../../random.js';
import type { ProblemSet } from '../../contracts/problems.js';
import type { Evaluation } from '../../contracts/loop.js';
import type { HealthState } from '../diagnostics/health.js';
import { recordedFiles } from './recorded-files.js';

const count = z.int().min(0);

/** Written by this program and protected by its digest: only the outline is checked when it is read. */
export const evaluationSchema = z.custom<Evaluation>(
  (value) => typeof value === 'object' && value !== null && 'reports' in value && 'samples' in value,
);
const health = z.custom<HealthState>((value) => typeof value === 'object' && value !== null && 'streaks' in value);
const controls = z.record(z.string(), z.number());
const config = z.custom<RunConfig>((value) => typeof value === 'object' && value !== null && 'iterations' in value);

/**
 * All state of a run except weights and moments. Random numbers and the order of problems are functions of these
 * counters.
 */
export const runStateSchema = z.strictObject({
  /** Raised by a change that older versions cannot read. */
  format: z.literal(1),
  /** Iterations done. */
  iteration: count,
  /** Problems taken from the training set: the position in its order. */
  problemsTaken: count,
  /** Controls of the losses for the next iteration. */
  controls: z.strictObject({ policy: controls, critic: controls }),
  /** Optimizer steps taken: the position in the schedules of the learning rates. */
  steps: z.strictObject({ policy: count, critic: count }),
  versions: z.strictObject({ policy: count, critic: count.optional() }),
  /** State of the health check. */
  health,
  /** Grading incidents since the run began. */
  rewardPool: z.strictObject({ timeouts: count, crashes: count, retries: count }),
  /** Seconds spent since the run began. */
  seconds: z.number().min(0),
  /** Fingerprint of the problems; another one would be another experiment. */
  problems: z.string(),
  config,
  files: recordedFiles,
  /** The state of each sink that has one, in the order of the configuration. */
  sinks: z.array(z.strictObject({ name: z.string(), state: z.unknown() })),
  /** Mean reward over the held-out sets at this iteration; null without an evaluation. */
  reward: z.number().nullable(),
  before: evaluationSchema.optional(),
  /** Only when the run was at its end. */
  after: evaluationSchema.optional(),
});

export type RunState = z.infer<typeof runStateSchema>;

/** Problems looked at for the fingerprint of one list. */
const probes = 256;

/**
 * Lengths of all lists and the text of some problems of each, as a short text that differs between sets of problems.
 */
export function fingerprint({ train, evaluation: held }: ProblemSet): string {
  return Object.entries({ train, ...held })
    .map(([name, list]) => {
      const step = Math.max(1, Math.floor(list.length / probes));
      const texts: string[] = [];
      for (let i = 0; i < list.length && texts.length < probes; i += step) texts.push(JSON.stringify(list.at(i)));
      return `${name} ${list.length} ${hashName(texts.join('\n')).toString(16)}`;
    })
    .join(', ');
}
