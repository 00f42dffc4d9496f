import { parameterChoices, type RunConfig } from '../config/schema.js';
import { storedBytes } from './memory.js';
import type { ParameterCounts } from './types.js';

/** Upper bounds of the bytes on disk, during a run and after it. */
export interface DiskPlan {
  /** One checkpoint: models and optimizer state; 0 where the engine keeps them. */
  readonly checkpoint: number;
  /** Maximum number of checkpoints on disk at once: the kept ones, the one being written, the final one. */
  readonly checkpoints: number;
  /** All checkpoints and the base model. */
  readonly models: number;
  /** Kept responses; absent if no sink keeps any. */
  readonly rollouts?: number;
  readonly total: number;
}

export interface DiskRequest {
  readonly config: RunConfig;
  readonly parameters: ParameterCounts;
  /** State tensors per parameter of the optimizer. */
  readonly optimizerStates: number;
  /** Whether the engine keeps the models, and checkpoints only name them. */
  readonly keptByEngine?: boolean;
  /** Bytes of the rollouts that all sinks together keep; absent if none keeps any. */
  readonly rollouts?: number;
}

/** The space that checkpoints and rollouts of a run take; pure arithmetic. */
export function planDisk({
  config,
  parameters,
  optimizerStates,
  keptByEngine = false,
  rollouts,
}: DiskRequest): DiskPlan {
  const { every, keep, keepBest } = config.checkpoint;
  const { policy, critic, trained, merged } = parameters;
  const { dtypes = { weights: 'f32', moments: 'f32' } } = parameterChoices(config);
  // Adapters are saved with their moments, beside the merged weights; these and so whole models are f32.
  const weight = merged === undefined ? storedBytes[dtypes.weights] : storedBytes.f32;
  const adapters = merged === undefined ? 0 : storedBytes.f32;
  const state = (trained.policy + trained.critic) * (adapters + optimizerStates * storedBytes[dtypes.moments]);
  const checkpoint = keptByEngine ? 0 : weight * (policy + critic) + state;
  const checkpoints = Math.min(Math.floor((config.iterations - 1) / every), keep + keepBest + 1) + 1;
  const models = keptByEngine ? 0 : storedBytes[dtypes.weights] * policy + checkpoints * checkpoint;
  return {
    checkpoint,
    checkpoints,
    models,
    ...(rollouts !== undefined && { rollouts }),
    total: models + (rollouts ?? 0),
  };
}
