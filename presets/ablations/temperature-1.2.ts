import { definePreset } from '../../core/config/preset.js';

/**
 * In the paper all temperatures end near the same reward by iteration 150; 1.2 begins lower (Figure 14, on
 * Qwen2.5-Math-7B with the MATH training set and 1024 × 8 responses).
 */
export const temperature12 = definePreset({
  name: 'temperature-1.2',
  description: 'Ablation: sampling temperature 1.2 instead of 1',
  changes: 'orz-7b',
  values: { temperature: 1.2 },
  sources: { temperature: 'paper Figure 14' },
});
