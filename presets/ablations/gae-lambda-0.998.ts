import { definePreset } from '../../core/config/preset.js';

/**
 * In the paper this shortens responses to a third without KL and leaves the reward as it is, on another base model
 * (Figure 13).
 */
export const gaeLambda0998 = definePreset({
  name: 'gae-lambda-0.998',
  description: 'Ablation: lambda = 0.998 instead of 1',
  changes: 'orz-7b',
  values: { advantage: { lambda: 0.998 } },
  sources: { advantage: 'paper Figure 13, on LLaMA-3.1-Instruct after SFT on STILL-2 data' },
});
