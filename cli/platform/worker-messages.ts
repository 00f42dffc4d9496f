import type { Problem } from '../../core/contracts/data.js';
import type { ErrorCode } from '../../core/errors.js';

/** A module of a plugin that threads import: a reward, or an environment. */
export interface WorkerModule {
  readonly moduleUrl: string;
  readonly exportName?: string;
  readonly settings: unknown;
}

/** What a thread is started with. */
export interface WorkerStart {
  readonly module: WorkerModule;
  /** One counter, raised before and after every piece of work, so that the pool sees that the thread is not stuck. */
  readonly beats: SharedArrayBuffer;
}

/** One thing to do about a rollout. */
export interface WorkItem {
  /** Of the rollout. */
  readonly index: number;
  readonly problem: Problem;
}

/** Items, cut into pieces that are done one after the other: all of them together, or single ones. */
export interface WorkerJob {
  readonly method: string;
  readonly items: readonly WorkItem[];
  /** Indices into the items of each piece still to do. */
  readonly pieces: readonly (readonly number[])[];
}

export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string;
}

export type WorkerMessage =
  /** The module is loaded; what the pool must know of what it made. */
  | { readonly kind: 'ready'; readonly facts: unknown }
  | { readonly kind: 'unusable'; readonly failure: WorkerFailure }
  | { readonly kind: 'start'; readonly piece: number }
  | { readonly kind: 'result'; readonly piece: number; readonly results: readonly unknown[] }
  | { readonly kind: 'failure'; readonly failure: WorkerFailure }
  | { readonly kind: 'done' };
