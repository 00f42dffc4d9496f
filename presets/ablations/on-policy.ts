import { definePreset } from '../../core/config/preset.js';

/**
 * The recipe itself, to be compared with `off-policy`: whatever lies below, one policy update for each collection of
 * 128 × 64 responses.
 */
export const onPolicy = definePreset({
  name: 'on-policy',
  description: 'Ablation: 128 prompts with 64 responses and one policy update, as the recipe',
  changes: 'orz-7b',
  values: {
    rolloutBatchSize: 128,
    samplesPerPrompt: 64,
    policyUpdateSteps: 1,
  },
  sources: {
    rolloutBatchSize: 'paper Figure 12',
    samplesPerPrompt: 'paper Figure 12',
    policyUpdateSteps: 'paper Figure 12: strictly on-policy',
  },
});
