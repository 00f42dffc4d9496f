import { definePreset } from '../../core/config/preset.js';

/** Between the two values of the paper, 0.95 and 1: where along the way learning breaks is not reported. */
export const gaeLambda099 = definePreset({
  name: 'gae-lambda-0.99',
  description: 'Ablation: lambda = 0.99 instead of 1',
  changes: 'orz-7b',
  values: { advantage: { lambda: 0.99 } },
  sources: { advantage: 'this project: between 0.95 of paper Figure 7 and 0.998 of Figure 13' },
});
