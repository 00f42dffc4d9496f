import type { RunConfig } from '../../core/config/schema.js';
import type { ErrorCode } from '../../core/errors.js';
import type { RolloutLine } from '../../core/rollouts/rollout-line.js';
import type { FromRun, PlainError } from '../run/messages.js';

/** The backends that run in a browser. */
export const browserBackends = ['webgpu', 'reference'] as const;
export type BrowserBackend = (typeof browserBackends)[number];

/** What the visitor chose: names and text as typed, checked in the worker. */
export interface RunChoice {
  readonly preset: string;
  /** An ablation whose values override those of the preset. */
  readonly ablation?: string;
  readonly backend: BrowserBackend;
  /** Each `path=value`, as for `--set`. */
  readonly set: readonly string[];
}

/** What can be downloaded: the policy saved last as a Hugging Face folder, or every file of the run. */
export type ArchiveKind = 'model' | 'run';

/** What the page asks of the worker. The answer carries the same `id`. */
export type ToWorker =
  /** Is this configuration valid, and what would the run need? Answered by `checked` or `rejected`; starts nothing. */
  | { readonly kind: 'check'; readonly id: number; readonly choice: RunChoice }
  | { readonly kind: 'start'; readonly choice: RunChoice }
  /** Pause before the next tensor program, and continue. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** Finish the iteration, save, and stop. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'download'; readonly id: number; readonly what: ArchiveKind };

/** A preset or an ablation that can be chosen. */
export interface PresetOption {
  readonly name: string;
  readonly description: string;
}

/** The visitor's GPU as the worker sees it. */
export interface Gpu {
  /** As the browser describes it, for example `nvidia ampere`; browsers may say little. */
  readonly name: string;
  /** Whether the browser emulates it on the CPU. */
  readonly software: boolean;
  readonly maxBufferBytes: number;
  readonly maxWorkgroupMemoryBytes: number;
  /** Those of the features that matter for speed that it has. */
  readonly features: readonly string[];
}

/** Why there is no WebGPU, and what the visitor can do. */
export interface NoGpu {
  readonly reason: string;
  readonly remedy: string;
}

/** A valid configuration and what its run would need. */
export interface PlannedRun {
  /** The plan, line by line. */
  readonly plan: readonly (readonly [label: string, value: string])[];
  readonly config: RunConfig;
}

export type FromWorker =
  /** Sent once, when the worker accepts messages. */
  | {
      readonly kind: 'ready';
      readonly presets: readonly PresetOption[];
      readonly ablations: readonly PresetOption[];
      readonly gpu: Gpu | NoGpu;
    }
  | { readonly kind: 'checked'; readonly id: number; readonly planned: PlannedRun }
  | { readonly kind: 'rejected'; readonly id: number; readonly error: PlainError }
  /** The run has paused, or continues. */
  | { readonly kind: 'paused'; readonly paused: boolean }
  /** Some responses of an iteration, or of an evaluation on the named set. */
  | {
      readonly kind: 'samples';
      readonly iteration: number;
      readonly set?: string;
      readonly samples: readonly RolloutLine[];
    }
  | { readonly kind: 'archive'; readonly id: number; readonly name: string; readonly content: Uint8Array<ArrayBuffer> }
  | Extract<
      FromRun,
      {
        kind:
          | 'started'
          | 'phase-start'
          | 'phase-progress'
          | 'phase-end'
          | 'log'
          | 'before'
          | 'metrics'
          | 'finished'
          | 'failed';
      }
    >;

/** Whether the run stopped because the visitor asked for it: not a failure. */
export const isInterrupted = ({ code }: PlainError): boolean => code === ('ORZ_INTERRUPTED' satisfies ErrorCode);
