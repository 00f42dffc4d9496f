import type { RunConfig } from '../../core/config/schema.js';
import type { ErrorCode } from '../../core/errors.js';
import type { RolloutLine } from '../../core/rollouts/rollout-line.js';
import type { FromRun, PlainError } from '../run/messages.js';

/** The backends that run in a browser. */
export const browserBackends = ['webgpu', 'reference'] as const;
export type BrowserBackend = (typeof browserBackends)[number];

/** What the visitor chose: names and texts as typed, checked in the worker. */
export interface RunChoice {
  readonly preset: string;
  /** An ablation whose differences lie above the preset. */
  readonly ablation?: string;
  readonly backend: BrowserBackend;
  /** `path=value` each, as for `--set`. */
  readonly set: readonly string[];
}

/** What can be downloaded: the policy saved last as a Hugging Face folder, or every file of the run. */
export type ArchiveKind = 'model' | 'run';

/** What the page asks of the worker. `id` comes back with the answer. */
export type ToWorker =
  /** Can this run, and what would it need? Answered by `checked` or `rejected`; starts nothing. */
  | { readonly kind: 'check'; readonly id: number; readonly choice: RunChoice }
  | { readonly kind: 'start'; readonly choice: RunChoice }
  /** Hold before the next tensor program, and go on again. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** Finish the iteration, save, end. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'download'; readonly id: number; readonly what: ArchiveKind };

/** A preset or an ablation that can be chosen. */
export interface Choice {
  readonly name: string;
  readonly description: string;
}

/** The visitor's GPU as the worker sees it. */
export interface Gpu {
  /** What the browser tells of it, for example `nvidia ampere`; browsers may say little. */
  readonly name: string;
  /** Whether the browser computes on the CPU in its stead. */
  readonly software: boolean;
  readonly maxBufferBytes: number;
  readonly maxWorkgroupMemoryBytes: number;
  /** Of the features that matter for speed, those present. */
  readonly features: readonly string[];
}

/** Why there is no WebGPU, and what the visitor can do. */
export interface NoGpu {
  readonly reason: string;
  readonly remedy: string;
}

/** What was computed about one configuration before it runs. */
export interface Plan {
  readonly lines: readonly (readonly [label: string, value: string])[];
  readonly config: RunConfig;
}

export type FromWorker =
  /** Sent once, when the worker can be asked. */
  | {
      readonly kind: 'ready';
      readonly presets: readonly Choice[];
      readonly ablations: readonly Choice[];
      readonly gpu: Gpu | NoGpu;
    }
  | { readonly kind: 'checked'; readonly id: number; readonly plan: Plan }
  | { readonly kind: 'rejected'; readonly id: number; readonly error: PlainError }
  /** Held, or going on again. */
  | { readonly kind: 'paused'; readonly paused: boolean }
  /** Some responses of an iteration, or of an evaluation of the set that is named. */
  | {
      readonly kind: 'samples';
      readonly iteration: number;
      readonly set?: string;
      readonly samples: readonly RolloutLine[];
    }
  | { readonly kind: 'archive'; readonly id: number; readonly name: string; readonly content: Uint8Array<ArrayBuffer> }
  | Extract<
      FromRun,
      { kind: 'started' | 'phase-start' | 'phase-progress' | 'phase-end' | 'log' | 'metrics' | 'finished' | 'failed' }
    >;

/** Whether the run ended because somebody asked for it: no failure. */
export const isInterrupted = ({ code }: PlainError): boolean => code === ('ORZ_INTERRUPTED' satisfies ErrorCode);
