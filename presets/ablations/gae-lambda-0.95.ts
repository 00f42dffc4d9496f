import { definePreset } from '../../core/config/preset.js';

/**
 * In the paper responses collapse to almost nothing by iteration 40, and the reward stays at or below 0.25 (Figure 7).
 */
export const gaeLambda095 = definePreset({
  name: 'gae-lambda-0.95',
  description: 'Ablation: lambda = 0.95 instead of 1',
  changes: 'orz-7b',
  values: { advantage: { lambda: 0.95 } },
  sources: { advantage: 'paper Figure 7; v2 Figure 3, left' },
});
