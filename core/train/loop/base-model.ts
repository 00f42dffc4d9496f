import type { BaseModel, ModelDescription } from '../../contracts/model-source.js';
import { loraOf } from '../../config/schema.js';
import { savedBase, savedPolicy } from '../state/engine-state.js';
import { weightsAtEngine } from './errors.js';
import type { TrainingRun } from './training-run.js';

/**
 * What the engine of a run starts from. A resumed run does not make or fetch the base model again: it starts from the
 * policy in its checkpoint, or with adapters from that in its first one, which they change. An engine that has the
 * weights itself gets a description.
 */
export async function loadBase({ config, container, platform, resume, ...context }: TrainingRun): Promise<BaseModel> {
  const source = container.get('model');
  if (container.get('engine').hasWeights) return withoutWeights(await source.describe(context));
  if (!resume) return source.load(context);
  const { storage } = platform;
  return loraOf(config) ? savedBase(storage) : savedPolicy(storage, resume);
}

/** For an engine that has the weights; reading them throws ORZ_INTERNAL. */
export const withoutWeights = (description: ModelDescription): BaseModel => ({
  ...description,
  weights: () => {
    throw weightsAtEngine();
  },
});
