import type { RewardedBatch } from '../../contracts/advantage.js';
import type { Rollout } from '../../contracts/data.js';
import type { TrainedRole } from '../../contracts/loop.js';
import type { ModelRole, Sequence, TrainingSequence } from '../../contracts/model.js';
import type { GradableRollout } from '../../contracts/reward.js';
import { OrzError } from '../../errors.js';

/** A part of an iteration that produced a non-finite number, with all that repeating it needs except the weights. */
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
      readonly role: TrainedRole;
      readonly temperature: number;
      readonly maxGradNorm: number;
      readonly sequences: readonly TrainingSequence[];
    };

/** Where a step failed. */
export interface FailureSite {
  /** Absent for evaluations. */
  readonly iteration?: number;
  readonly step: FailedStep;
  /** The rollouts being processed, in the order in which the error counts samples. */
  readonly rollouts: readonly Rollout[];
}

/** ORZ_NOT_FINITE or ORZ_REWARD_INVALID with the step it came from, which has updated nothing. */
export class StepFailure extends OrzError {
  constructor(
    error: OrzError,
    readonly site: FailureSite,
  ) {
    const { sample } = error.details.location ?? {};
    const rollout = sample === undefined ? '' : `; ${describeRollout(site.rollouts[sample])}`;
    super(error.code, `${error.message}${rollout}`, error.details);
  }
}

/** Which response it is, in words. */
export function describeRollout(rollout: Rollout | undefined): string {
  if (!rollout) return 'its rollout is unknown';
  return `this is rollout ${rollout.index}, of problem "${rollout.problem.id}"`;
}

/** Does `work`; a non-finite number is rethrown as a {@link StepFailure} with the given site. */
export async function attributeFailure<T>(
  site: (error: OrzError) => FailureSite,
  work: () => Promise<T> | T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isReplayable(error)) throw new StepFailure(error, site(error));
    throw error;
  }
}

/** A failure that repeating the step reproduces, and that has no site yet. */
function isReplayable(error: unknown): error is OrzError {
  if (!(error instanceof OrzError) || error instanceof StepFailure) return false;
  return error.code === 'ORZ_NOT_FINITE' || error.code === 'ORZ_REWARD_INVALID';
}
