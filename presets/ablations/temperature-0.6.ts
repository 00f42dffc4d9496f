import { definePreset } from '../../core/config/preset.js';

/**
 * In the paper all temperatures end near the same reward by iteration 150; 1.2 begins lower (Figure 14, on
 * Qwen2.5-Math-7B with the MATH training set and 1024 × 8 responses).
 */
export const temperature06 = definePreset({
  name: 'temperature-0.6',
  description: 'Ablation: sampling temperature 0.6 instead of 1',
  changes: 'orz-7b',
  values: { temperature: 0.6 },
  sources: { temperature: 'paper Figure 14' },
});
