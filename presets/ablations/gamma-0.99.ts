import { definePreset } from '../../core/config/preset.js';

/** The paper says that gamma below 1 gave shorter responses and worse results (§3.3), without values or a curve. */
export const gamma099 = definePreset({
  name: 'gamma-0.99',
  description: 'Ablation: gamma = 0.99 instead of 1',
  changes: 'orz-7b',
  values: { advantage: { gamma: 0.99 } },
  sources: { advantage: 'paper §3.3: gamma below 1; this project: 0.99, since the paper names no value' },
});
