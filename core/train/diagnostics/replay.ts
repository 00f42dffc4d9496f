import { requireFinite } from '../../recipe/check.js';
import type { Advantage } from '../../contracts/advantage.js';
import type { TrainedRole } from '../../contracts/loop.js';
import type { Loss } from '../../contracts/loss.js';
import type { Model } from '../../contracts/model.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import { isOrzError, type OrzError } from '../../errors.js';
import { weightNotFinite } from './errors.js';
import { scoresOf } from '../loop/token-scores.js';
import type { FailureRecord } from './failure-file.js';

/** What the stages need; each part is asked for only when its stage is replayed. */
export interface ReplayParts {
  rewards(): Promise<RewardPool>;
  advantage(): Advantage;
  /** The step's model with the weights that were saved. */
  model(): Promise<Model>;
  loss(role: TrainedRole): Loss;
}

/** Repeats the failing step. Returns the error if it fails again, undefined if it does not. Updates nothing. */
export async function replayFailure(record: FailureRecord, parts: ReplayParts): Promise<OrzError | undefined> {
  if (record.weightFault !== undefined) return weightNotFinite(record.weightFault);
  try {
    await replayStep(record, parts);
    return undefined;
  } catch (error) {
    if (isOrzError(error) && (error.code === 'ORZ_NOT_FINITE' || error.code === 'ORZ_REWARD_INVALID')) return error;
    throw error;
  }
}

async function replayStep({ step }: FailureRecord, parts: ReplayParts): Promise<void> {
  if (step.stage === 'grade') {
    const results = await (await parts.rewards()).grade(step.group);
    requireFinite('reward', [Float64Array.from(results, ({ value }) => value)]);
  } else if (step.stage === 'estimate') {
    const { advantages, returns } = parts.advantage().estimate(step.batch);
    requireFinite('return', returns);
    requireFinite('advantage', advantages);
  } else if (step.stage === 'score') {
    const scores = await (await parts.model()).forward(step.sequences, { temperature: step.temperature });
    requireFinite(`${step.role} score`, scoresOf(scores, step.role === 'critic' ? 'values' : 'logprobs'));
  } else {
    const model = await parts.model();
    await model.accumulate(step.sequences, parts.loss(step.role), { temperature: step.temperature });
    await model.step({ learningRate: 0, maxGradNorm: step.maxGradNorm });
  }
}
