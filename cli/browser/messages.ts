import type { Layer } from '../../core/config/layers.js';
import type { RunConfig } from '../../core/config/schema.js';
import type { ErrorCode } from '../../core/errors.js';
import type { RunPlan } from '../../core/plan/types.js';
import type { RolloutLine } from '../../core/rollouts/rollout-line.js';
import type { RunSummary } from '../../core/train/loop/run.js';
import type { PlainError, RunReport } from '../run/messages.js';

/** The backends that run in a browser. */
export const browserBackends = ['webgpu', 'reference'] as const;
export type BrowserBackend = (typeof browserBackends)[number];

/** What decides a run; resolved in the thread that trains. */
export interface RunRequest {
  /** Absent where the run to continue keeps its own settings. */
  readonly presets?: readonly string[];
  /** What the caller states over the presets, lowest first. */
  readonly layers: readonly Layer[];
  /** The run to continue. */
  readonly resume?: {
    /** All its files in a tar archive. */
    readonly archive: Uint8Array;
    /** Continue even if the settings make it another experiment. */
    readonly force: boolean;
  };
}

/** What an archive holds: the policy saved last as a Hugging Face folder, or every file of the run. */
export type ArchiveKind = 'model' | 'run';

/** One file of an archive; its path is relative, with `/`. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** What can be asked of the thread that trains, and the answer. */
export interface Questions {
  /** The GPU of this browser. */
  readonly gpu: { readonly asks: object; readonly answer: Gpu | NoGpu };
  /** Which presets and ablations can be trained. */
  readonly presets: { readonly asks: object; readonly answer: Presets };
  /** Is this configuration valid, and what would the run need? Starts nothing. */
  readonly plan: { readonly asks: { readonly request: RunRequest }; readonly answer: PlannedRun };
  /** Checks a configuration and gets everything ready for its run; a thread has one. */
  readonly prepare: { readonly asks: { readonly request: RunRequest }; readonly answer: RunConfig };
  readonly archive: { readonly asks: { readonly what: ArchiveKind }; readonly answer: Uint8Array<ArrayBuffer> };
}

/** A question; the answer carries the same `id`. */
export type Question = {
  [K in keyof Questions]: { readonly kind: K; readonly id: number } & Questions[K]['asks'];
}[keyof Questions];

export type ToWorker =
  | Question
  /** Start the run that was prepared. */
  | { readonly kind: 'train' }
  /** Pause before the next tensor program, and go on. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'unpause' }
  /** Finish the iteration, save, and stop. */
  | { readonly kind: 'stop' };

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

/** What a browser can train. */
export interface Presets {
  readonly presets: readonly PresetOption[];
  readonly ablations: readonly PresetOption[];
}

/** A valid configuration and what its run would need. */
export interface PlannedRun {
  readonly plan: RunPlan;
  readonly config: RunConfig;
}

/** What happens in a run, in order: as in Node, and what only a run in a browser has. */
export type TrainingEvent =
  | RunReport
  /** The run has paused, or goes on. */
  | { readonly kind: 'paused'; readonly paused: boolean }
  /** Some rollouts of an iteration, or of an evaluation on the named set. */
  | {
      readonly kind: 'rollouts';
      readonly iteration: number;
      readonly set?: string;
      readonly rollouts: readonly RolloutLine[];
    };

/** How a run has ended. Its files are the receiver's from then on. */
export type RunEnd =
  | { readonly kind: 'finished'; readonly summary: RunSummary; readonly files: readonly ArchiveFile[] }
  | { readonly kind: 'failed'; readonly error: PlainError; readonly files: readonly ArchiveFile[] };

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Questions[keyof Questions]['answer'] }
  | { readonly kind: 'refused'; readonly id: number; readonly error: PlainError }
  | TrainingEvent
  | RunEnd;

/** Whether the run stopped because its user asked for it: not a failure. */
export const isInterrupted = ({ code }: { readonly code?: string }): boolean =>
  code === ('ORZ_INTERRUPTED' satisfies ErrorCode);
