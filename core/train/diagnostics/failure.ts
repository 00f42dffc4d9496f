import type { RewardedBatch } from '../../contracts/advantage.js';
import type { Rollout } from '../../contracts/data.js';
import type { ModelRole, Sequence, TrainingSequence } from '../../contracts/model.js';
import type { GradableRollout } from '../../contracts/reward.js';
import { OrzError } from '../../errors.js';

/** A part of an iteration that produced a number which is not finite, with everything but the weights that doing it again needs. */
export type FailedStep =
  | { readonly stage: 'grade'; readonly group: readonly GradableRollout[] }
  | {
      readonly stage: 'score';
      readonly role: ModelRole;
      readonly temperature: number;
      readonly sequences: readonly Sequence[];
    }
  | { readonly stage: 'estimate'; readonly batch: RewardedBatch }
  | {
      readonly stage: 'update';
      readonly role: 'policy' | 'critic';
      readonly temperature: number;
      readonly maxGradNorm: number;
      readonly sequences: readonly TrainingSequence[];
    };

/** Where it happened. */
export interface FailureSite {
  /** Absent for evaluations. */
  readonly iteration?: number;
  readonly step: FailedStep;
  /** The rollouts that were worked on, in the order in which the error counts samples. */
  readonly rollouts: readonly Rollout[];
}

/** ORZ_NOT_FINITE or ORZ_REWARD_INVALID on its way from the step to whoever writes it down. Nothing has been updated by that step. */
export class StepFailure extends OrzError {
  constructor(
    error: OrzError,
    readonly site: FailureSite,
  ) {
    const { sample } = error.details.location ?? {};
    super(
      error.code,
      [error.message, ...(sample === undefined ? [] : [whose(site.rollouts[sample])])].join('; '),
      error.details,
    );
  }
}

/** Which response it is, in words. */
export function whose(rollout: Rollout | undefined): string {
  if (!rollout) return 'of no known rollout';
  return `this is rollout ${rollout.index}, of problem "${rollout.problem.id}"`;
}

/** Runs `work`; a number that is not finite comes out as a {@link StepFailure} of the given site. */
export async function failingAs<T>(site: (error: OrzError) => FailureSite, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (
      error instanceof OrzError &&
      !(error instanceof StepFailure) &&
      (error.code === 'ORZ_NOT_FINITE' || error.code === 'ORZ_REWARD_INVALID')
    )
      throw new StepFailure(error, site(error));
    throw error;
  }
}
