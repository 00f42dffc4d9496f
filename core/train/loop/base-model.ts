import type { BaseModel, ModelDescription } from '../../contracts/model-source.js';
import { savedPolicy } from '../state/engine-state.js';
import { weightsAtEngine } from './errors.js';
import type { TrainingRun } from './training-run.js';

/**
 * What the engine of a run starts from. A resumed run does not make or fetch the base model again: architecture and
 * tokenizer are in its checkpoint. An engine that has the weights itself gets a description.
 */
export async function loadBase({ container, platform, resume, ...context }: TrainingRun): Promise<BaseModel> {
  const source = container.get('model');
  if (container.get('engine').hasWeights) return withoutWeights(await source.describe(context));
  return resume ? savedPolicy(platform.storage, resume) : source.load(context);
}

/** For an engine that has the weights; reading them throws ORZ_INTERNAL. */
export const withoutWeights = (description: ModelDescription): BaseModel => ({
  ...description,
  weights: () => {
    throw weightsAtEngine();
  },
});
