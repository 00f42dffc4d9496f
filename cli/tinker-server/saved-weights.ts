import { Refusal } from '../reward-server/refusal.js';
import { addressOf, type CheckpointName } from './checkpoints.js';
import type { Service } from './service.js';
import { SavedWeights } from './weights.js';

/** Weights of a checkpoint for sampling. Throws a {@link Refusal} if there is none, or none of a policy. */
export async function savedWeights(service: Service, name: CheckpointName): Promise<SavedWeights> {
  const { models, checkpoints } = service.parts;
  const { role } = await checkpoints.record(name);
  if (role !== 'policy') throw new Refusal(400, `${addressOf(name)} is a ${role}: only a policy can be sampled from`);
  return new SavedWeights(async () => models.frozen(await checkpoints.weights(name, role)), service.weights);
}
