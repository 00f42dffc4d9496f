import type { RunConfig } from '../config/schema.js';
import type { ParameterCounts } from './plan.js';

/** Bytes on disk, at most, while and after a run. */
export interface DiskPlan {
  /** One checkpoint: models and optimizer state. */
  readonly checkpoint: number;
  /** Complete checkpoints on disk at once at most: the kept ones, the one being written, the final one. */
  readonly checkpoints: number;
  /** All checkpoints and the base model. */
  readonly models: number;
  /** Kept responses; absent if no sink keeps any. */
  readonly rollouts?: number;
  readonly total: number;
}

const bytesPerNumber = 4;

export interface DiskRequest {
  readonly config: RunConfig;
  readonly parameters: ParameterCounts;
  /** State tensors per parameter of the optimizer. */
  readonly optimizerStates: number;
  readonly rollouts?: number;
}

/** What checkpoints and rollouts of a run take; pure arithmetic. */
export function planDisk({ config, parameters: { policy, critic }, optimizerStates, rollouts }: DiskRequest): DiskPlan {
  const { every, keep, keepBest } = config.checkpoint;
  const checkpoint = bytesPerNumber * (policy + critic) * (1 + optimizerStates);
  const checkpoints = Math.min(Math.floor((config.iterations - 1) / every), keep + keepBest + 1) + 1;
  const models = bytesPerNumber * policy + checkpoints * checkpoint;
  return {
    checkpoint,
    checkpoints,
    models,
    ...(rollouts !== undefined && { rollouts }),
    total: models + (rollouts ?? 0),
  };
}
