import { definePreset } from '../../core/config/preset.js';

/**
 * Mini-batches as large as those of the recipe, but the last of them come from a policy that is seven updates old. In
 * the paper it is faster until iteration 30 and collapses after about 75 (Figure 12). Its model and its other settings
 * are not named.
 */
export const offPolicy = definePreset({
  name: 'off-policy',
  description: 'Ablation: 1024 prompts with 64 responses and eight policy updates',
  changes: 'orz-7b',
  values: {
    rolloutBatchSize: 1024,
    samplesPerPrompt: 64,
    policyUpdateSteps: 8,
  },
  sources: {
    rolloutBatchSize: 'paper Figure 12',
    samplesPerPrompt: 'paper Figure 12',
    policyUpdateSteps: 'paper Figure 12; updates of the critic are not reported and stay as they are',
  },
});
