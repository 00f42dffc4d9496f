/** Training from a page: the module `open-reasoner-zero/browser`. Nothing of Node, nothing to install in the page. */
export { defineConfig } from '../../define-config.js';
export type { OrzConfig } from '../../define-config.js';
export { isOrzError, OrzError, type ErrorCode, type ErrorDetails } from '../../../core/errors.js';
export type { RunPlan } from '../../../core/plan/types.js';
export type { RunSummary } from '../../../core/train/loop/run.js';
export type { ArchiveKind, Gpu, NoGpu, TrainingEvent } from '../messages.js';
export type { Run } from './start-run.js';
export type { ThreadKind } from './thread.js';
export { findGpu, plan, train, type PlanOptions, type TrainOptions } from './train.js';
