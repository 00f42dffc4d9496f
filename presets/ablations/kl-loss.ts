import { definePreset } from '../../core/config/preset.js';

/**
 * In the paper benchmarks stay flat near 0.30 where the recipe reaches 0.44 (Figure 8); the coefficient is not
 * reported.
 */
export const klLoss = definePreset({
  name: 'kl-loss',
  description: 'Ablation: KL to the base model as a term of the policy loss',
  changes: 'orz-7b',
  values: { kl: { type: 'loss', coefficient: 0.01, estimator: 'k3' } },
  sources: {
    kl:
      'paper Figure 8; v2 Figure 3, middle. Coefficient not reported: ' +
      '0.01 is the default of the penalty in the code; estimator as the code with KL loss',
  },
});
