import { definePreset } from '../../core/config/preset.js';

/**
 * One arm of the paper has it together with temperature 0.6: `--preset temperature-0.6 --preset top-p-0.95`
 * (Figure 14).
 */
export const topP095 = definePreset({
  name: 'top-p-0.95',
  description: 'Ablation: top-p 0.95 instead of 1; the paper has it with temperature-0.6',
  changes: 'orz-7b',
  values: { topP: 0.95 },
  sources: { topP: 'paper Figure 14, together with temperature 0.6' },
});
