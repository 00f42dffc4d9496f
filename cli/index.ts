/** Public surface of the package: what configurations, presets and plugins import, and what programs call. */
export * from './surface.js';
export type { MachinePlan } from './plan.js';
export type { Finding } from './run/preflight.js';
export type { GeneratedResponse, GenerateOptions } from './library/generate.js';
export type { ConfigOptions, PlanOptions, Run, TrainingEvent, TrainOptions } from './library/train.js';
import type { Finding } from './run/preflight.js';
import type { MachinePlan } from './plan.js';
import type { OrzConfig } from './define-config.js';
import type { GeneratedResponse, GenerateOptions } from './library/generate.js';
import type { PlanOptions, Run, TrainOptions } from './library/train.js';

/* What trains is imported when it is called: a configuration or a plugin that imports this module needs none of it. */

/** See {@link import('./library/train.js').train}. */
export const train = async (config?: OrzConfig, options?: TrainOptions): Promise<Run> =>
  (await import('./library/train.js')).train(config, options);

/** See {@link import('./library/train.js').plan}. */
export const plan = async (config?: OrzConfig, options?: PlanOptions): Promise<MachinePlan> =>
  (await import('./library/train.js')).plan(config, options);

/** See {@link import('./library/train.js').check}. */
export const check = async (config?: OrzConfig, options?: TrainOptions): Promise<Finding[]> =>
  (await import('./library/train.js')).check(config, options);

/** See {@link import('./library/generate.js').generate}. */
export const generate = async (
  prompts: string | readonly string[],
  options: GenerateOptions,
): Promise<GeneratedResponse[]> => (await import('./library/generate.js')).generate(prompts, options);
