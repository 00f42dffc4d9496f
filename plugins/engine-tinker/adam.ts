import type { StepOptions } from '../../core/contracts/model.js';
import type { EngineContext } from './context.js';
import type { AdamParams } from './transport/model.js';

/** AdamW as the API has it; a server that takes these at its start reads the learning rate alone. */
export function adamParams({ optimizer }: EngineContext, { learningRate, maxGradNorm }: StepOptions): AdamParams {
  const { beta1, beta2, epsilon, weightDecay } = optimizer.settings;
  return {
    learning_rate: learningRate,
    beta1: Number(beta1),
    beta2: Number(beta2),
    eps: Number(epsilon),
    weight_decay: Number(weightDecay),
    grad_clip_norm: Number.isFinite(maxGradNorm) ? maxGradNorm : 0,
  };
}
