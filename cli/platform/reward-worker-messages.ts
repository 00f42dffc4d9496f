import type { RewardResult } from '../../core/contracts/data.js';
import type { AnswerCheck, GradableRollout, RewardModule } from '../../core/contracts/reward.js';
import type { ErrorCode } from '../../core/errors.js';

/** What a grading thread is started with. */
export interface WorkerStart {
  readonly module: RewardModule;
  /** One counter, raised before and after every piece of work, so that the pool sees that the thread is not stuck. */
  readonly beats: SharedArrayBuffer;
}

/**
 * A group, cut into pieces that are graded one after the other: the whole group, or single rollouts. To check gold
 * answers, each rollout stands for its problem.
 */
export interface WorkerJob {
  readonly method: 'grade' | 'check';
  readonly group: readonly GradableRollout[];
  /** Indices into the group of each piece still to do. */
  readonly pieces: readonly (readonly number[])[];
}

export interface WorkerFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string;
}

export type WorkerMessage =
  /** The module is loaded. `independent`: rollouts may be graded one at a time. */
  | {
      readonly kind: 'ready';
      readonly name: string;
      readonly independent: boolean;
      /** Whether it checks gold answers. */
      readonly checks: boolean;
    }
  | { readonly kind: 'unusable'; readonly failure: WorkerFailure }
  | { readonly kind: 'start'; readonly piece: number }
  | { readonly kind: 'result'; readonly piece: number; readonly results: readonly (RewardResult | AnswerCheck)[] }
  | { readonly kind: 'failure'; readonly failure: WorkerFailure }
  | { readonly kind: 'done' };
